"""Room on the disk that holds the data."""

import shutil
from pathlib import Path

from posture.launch.trouble import Trouble

MEBIBYTE = 1024 * 1024
# A fresh database takes 40 MiB, its journal grows to 512, and facts want some air.
NEEDED = 300 * MEBIBYTE


def require_room(path: Path, *, needed: int = NEEDED) -> None:
    """Raise Trouble when fewer than `needed` bytes are free where `path` is or will be."""
    place = next(part for part in (path, *path.parents) if part.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise Trouble(
            f"The disk of {path} has {free // MEBIBYTE} MiB free and Posture wants {needed // MEBIBYTE}: "
            "free some space, or keep the data elsewhere with --var DIRECTORY."
        )
