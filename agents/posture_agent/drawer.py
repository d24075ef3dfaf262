"""A drawer beside the spool: files that are out of the queue, for a person to look at. Nothing depends on them."""

from __future__ import annotations

import os

from .entry import blocks

KEPT = 8  # files


class Drawer:
    """The newest few files of one directory (mode 0700), which take at most so many bytes of the disk."""

    def __init__(self, folder: str, size: int) -> None:
        self.folder = folder
        self.size = size
        os.makedirs(folder, mode=0o700, exist_ok=True)

    def take(self, path: str) -> None:
        """Move a file in here, or remove it where that cannot be. One that cannot be removed either stays."""
        try:
            os.replace(path, os.path.join(self.folder, os.path.basename(path)))
        except OSError:  # a full disk may have no room for the name
            forget(path)
        self._prune()

    def keep_too(self, path: str) -> None:
        """Keep a file that stays where it is as well, where it is small enough and the disk has room for the name."""
        if blocks(os.lstat(path).st_size) > self.size:
            return
        try:
            os.link(path, os.path.join(self.folder, os.path.basename(path)))
            self._prune()
        except OSError:
            pass

    def give_way(self) -> bool:
        """Remove a file; whether one went."""
        return any(forget(os.path.join(self.folder, name)) for name in os.listdir(self.folder))

    def _prune(self) -> None:
        left, room = KEPT, self.size
        paths = [os.path.join(self.folder, name) for name in os.listdir(self.folder)]
        for path in sorted(paths, key=lambda path: os.lstat(path).st_mtime, reverse=True):
            room -= blocks(os.lstat(path).st_size)
            left -= 1
            if left < 0 or room < 0:
                forget(path)


def forget(path: str) -> bool:
    """Remove a file that nobody needs, or an empty folder in its place; whether it went."""
    for remove in (os.unlink, os.rmdir):
        try:
            remove(path)
            return True
        except OSError:
            continue
    return False
