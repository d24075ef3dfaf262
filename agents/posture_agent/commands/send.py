"""``send`` collects once and delivers; what a timer calls. Finding that nothing is due loads nothing more."""

from __future__ import annotations

import os
import time

from ..due import due
from ..failures import OK
from ..loading import loaded
from ..lock import Busy
from ..options import Given
from ..state import State
from .place import state_of

MINUTE = 60  # seconds between two calls of a timer


def run(given: Given) -> int:
    """One cycle; with ``--due`` only what is due, and nothing while another agent is at work."""
    if not given.due:
        return int(loaded("commands.cycle").collect_and_deliver(given, given.every or 0))
    state = state_of(given)
    what = what_is_due(state, (given.every or MINUTE) / 2)
    if not what:
        return OK
    time.sleep((given.wait or 0) * int.from_bytes(os.urandom(2), "big") / 65536)
    cycle = loaded("commands.cycle")
    try:
        if what == "collect":
            return int(cycle.collect_and_deliver(given, given.every or MINUTE))
        return int(cycle.deliver_what_waits(given))
    except Busy:
        return OK


def what_is_due(state: State, early: float) -> str:
    """As ``due``; nothing on a host that is not enrolled, which ``status`` and ``doctor`` say."""
    return due(state.path("schedule.json"), early) if state.enrolled() else ""
