"""Where the state is that a command works with."""

from __future__ import annotations

import os

from ..options import Given
from ..state import State, default_folder


def state_of(given: Given) -> State:
    """The state directory that was asked for."""
    return State(given.state or default_folder(dict(os.environ), os.geteuid()))
