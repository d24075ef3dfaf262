"""How much a container has written beside its image: the size of its overlay upper directory."""

from __future__ import annotations

import os

from ..hostfiles import HostFiles
from ..owners import Owners, entries
from ..reading import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_ENTRIES = 20_000  # of one layer
SECONDS = 5.0  # for the layers of all containers
LEAST = 2**20  # what is smaller is told as this


class Sizer:
    """Measures writable layers within a budget that they share."""

    def __init__(self, files: HostFiles) -> None:
        self.files = files
        self.deadline = Deadline(SECONDS)
        self.owners: Owners | None = None  # whose folders count; None: everybody's

    def size(self, raw: Any) -> int | None:
        """WritableBytes of a raw container inspection; None when they cannot be told."""
        driver = raw.get("GraphDriver") or {}
        folder = (driver.get("Data") or {}).get("UpperDir")
        if driver.get("Name") not in ("overlay2", "overlay") or not folder:
            return None
        try:
            return rounded(used(self.files.path(folder), self.deadline, self.owners))
        except OSError:
            return None


def used(folder: str, deadline: Deadline, owners: Owners | None = None) -> int:
    """Bytes on disk of the regular files below ``folder``, hard links once. Raises OSError, too when it is too much."""
    total = count = 0
    linked = set()
    pending = [folder]
    while pending:
        current = pending.pop()
        for entry in entries(current, owners):
            count += 1
            if count > MAX_ENTRIES or deadline.left() <= 0:
                raise TimeoutError
            if entry.is_dir(follow_symlinks=False):
                pending.append(os.path.join(current, entry.name))
            elif entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                if status.st_nlink > 1 and status.st_ino in linked:
                    continue
                if status.st_nlink > 1:
                    linked.add(status.st_ino)
                total += status.st_blocks * 512
    return total


def rounded(size: int) -> int:
    """0, 1 MiB, or the power of two at or above."""
    return 0 if size <= 0 else max(LEAST, 1 << (size - 1).bit_length())
