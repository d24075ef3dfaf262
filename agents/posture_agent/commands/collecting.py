"""What to read, as the command line and the settings say."""

from __future__ import annotations

import os
from functools import partial

from ..endpoints import certificate_folder, endpoints
from ..engine_api import EngineClient
from ..options import Given
from ..scope import CPU_SECONDS, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def collection_options(given: Given, key: bytes, folder: str | None, remembered: Any) -> Options:
    """What a collection needs to know; ``remembered`` as in ``endpoints``. Raises UsageError and StateError."""
    certificates = certificate_folder(given.engine_certs, os.environ)
    places = endpoints(given.engine, os.environ, remembered, certificates)
    found = Options(places, key, folder, scans=given.scans)
    found.client = partial(EngineClient, certificates=certificates)
    found.cpu_seconds = CPU_SECONDS
    return found
