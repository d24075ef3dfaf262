"""One cycle: what ``send`` does when something is due, and ``run --once`` always."""

from __future__ import annotations

from ..delivery import send_once
from ..failures import OK
from ..lock import Locked
from ..log import log
from ..options import Given
from .collecting import collection_options
from .place import state_of


def collect_and_deliver(given: Given) -> int:
    """One collection, check-in and delivery."""
    state = state_of(given)
    state.prepare()
    with Locked(state):
        interval = given.interval or state.enrolment()["interval"]
        log(send_once(state, collection_options(given, state.host_key(), state.folder, state.remember), interval))
    return OK


def deliver_what_waits(given: Given) -> int:
    """The delivery of what waits, without a new collection."""
    return collect_and_deliver(given)
