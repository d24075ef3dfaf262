"""What a collection is to read, and what it may take."""

from __future__ import annotations

import os

from .engine_api import EngineClient
from .fitting import LIMITS
from .hostfiles import HostFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

SECONDS = 240.0  # a collection that takes longer is cut off, source by source
WALK_SECONDS = 20.0  # of these, spent on walking new images
CPU_SECONDS = 60.0  # of one collection; an ordinary one takes less than half a second
MEMORY = 88 * 1024 * 1024  # bytes; with the program itself below the unit's MemoryMax, where the kernel would end it


class Options:
    """What a collection needs to know."""

    def __init__(
        self, endpoints: list[str], key: bytes, folder: str | None, root: str = "/", scans: str | None = None
    ) -> None:
        self.endpoints = endpoints
        self.key = key  # host key of fingerprints
        self.folder = folder  # where what was read before is kept; None keeps nothing
        self.files = HostFiles(root)
        self.client: Callable[[str], Any] = EngineClient  # by endpoint
        self.scans = scans  # where scanners leave their results, else in the folder
        if scans is None and folder is not None:
            self.scans = os.path.join(folder, "scans")
        self.seconds = SECONDS
        self.cpu_seconds: float | None = None  # with ``memory``: the process is the agent's own, and may be bounded
        self.memory = MEMORY
        self.limits = LIMITS  # what the server takes, as it last said
        self.walk_seconds = WALK_SECONDS

    def kept(self, name: str) -> Any:
        """Path of a file in the folder; None without one."""
        return None if self.folder is None else os.path.join(self.folder, name)
