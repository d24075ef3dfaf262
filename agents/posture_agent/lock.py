"""Keeps a second agent away from the same state directory."""

from __future__ import annotations

import fcntl
import os

from .state import State, StateError
from .words import say


class Busy(StateError):
    """Another agent is at work with the same state."""


class Locked:
    """Holds the lock of a state directory; raises Busy where another agent has it."""

    def __init__(self, state: State) -> None:
        self.path = state.path("lock")

    def __enter__(self) -> None:
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self.file)
            raise Busy(say("another posture-agent uses %s", os.path.dirname(self.path))) from None

    def __exit__(self, *details: object) -> None:
        os.close(self.file)
