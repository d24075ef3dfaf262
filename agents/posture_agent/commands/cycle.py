"""One cycle: what ``send`` does when something is due, and ``run --once`` always."""

from __future__ import annotations

from .. import contact
from ..delivery import deliver_once, send_once
from ..failures import OK, Failure
from ..lock import Locked
from ..log import log
from ..options import Given
from ..spool import Bounds
from ..transport import transport_of
from .collecting import collection_options
from .place import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from ..state import State


def collect_and_deliver(given: Given, every: int = 0) -> int:
    """One collection, check-in and delivery. ``every``: as of ``send_once``."""

    def work(state: State) -> str:
        options = collection_options(given, state.host_key(), state.folder, state.remember)
        return send_once(state, options, given.interval, transport_of(given), bounds_of(given), every)

    return recorded(given, work)


def deliver_what_waits(given: Given) -> int:
    """The delivery of what waits, without a new collection."""
    return recorded(given, lambda state: deliver_once(state, transport_of(given), bounds_of(given)))


def recorded(given: Given, work: Callable[[State], str]) -> int:
    """Do something with the server, and keep how it went for ``status``."""
    state = state_of(given)
    state.prepare()
    with Locked(state):
        try:
            words = work(state)
        except (Failure, OSError) as error:
            contact.record_failure(state.folder, error)
            raise
        contact.record(state.folder, True, words)
    log(words)
    return OK


def bounds_of(given: Given) -> Bounds:
    """What the spool may take."""
    return Bounds(given.spool_entries, given.spool_bytes)
