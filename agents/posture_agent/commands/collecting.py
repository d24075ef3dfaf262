"""What every command that collects needs: the state directory, and what to read."""

from __future__ import annotations

import os

from ..collection import Options
from ..engines import endpoints
from ..options import Given
from ..state import State, StateError, default_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def state_of(given: Given) -> State:
    """The state directory that was asked for."""
    return State(given.state or default_folder(dict(os.environ), os.geteuid()))


def collection_options(given: Given, key: bytes, folder: str | None, remembered: Any) -> Options:
    """What a collection needs to know; ``remembered`` as in ``endpoints``. Raises StateError."""
    try:
        return Options(endpoints(given.engine, dict(os.environ), remembered), key, folder, scans=given.scans)
    except ValueError as error:
        raise StateError(str(error)) from None
