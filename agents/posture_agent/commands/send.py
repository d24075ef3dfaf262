"""``send`` collects once and delivers; what a timer calls."""

from __future__ import annotations

from ..delivery import send_once
from ..failures import OK
from ..lock import Locked
from ..log import log
from ..options import Given
from .collecting import collection_options, state_of


def run(given: Given) -> int:
    """One cycle; with ``--due`` only when one is due."""
    return cycle(given)


def cycle(given: Given) -> int:
    """One collection, check-in and delivery."""
    state = state_of(given)
    state.prepare()
    with Locked(state):
        interval = given.interval or state.enrolment()["interval"]
        log(send_once(state, collection_options(given, state.host_key(), state.folder, state.remember), interval))
    return OK
