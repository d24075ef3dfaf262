"""What to read, as the command line and the settings say."""

from __future__ import annotations

import os

from ..collection import Options
from ..engines import endpoints
from ..options import Given
from ..state import StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def collection_options(given: Given, key: bytes, folder: str | None, remembered: Any) -> Options:
    """What a collection needs to know; ``remembered`` as in ``endpoints``. Raises StateError."""
    try:
        return Options(endpoints(given.engine, dict(os.environ), remembered), key, folder, scans=given.scans)
    except ValueError as error:
        raise StateError(str(error)) from None
