"""``run`` collects and delivers until a signal comes."""

from __future__ import annotations

from ..failures import OK
from ..lock import Locked
from ..options import Given
from ..running import Service
from ..transport import transport_of
from . import cycle
from .collecting import collection_options
from .place import state_of


def run(given: Given) -> int:
    """A cycle an interval; ``--once`` is ``send``."""
    if given.once:
        return cycle.collect_and_deliver(given)
    state = state_of(given)
    state.prepare()
    with Locked(state):
        found = collection_options(given, state.host_key(), state.folder, state.remember)
        Service(state, found, given.interval, transport_of(given), cycle.bounds_of(given)).run()
    return OK
