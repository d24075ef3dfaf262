"""Puts files in their places, each at once or not at all, and says what changed."""

from __future__ import annotations

import os

from .log import show
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional


class Changes:
    """What was done, or with ``dry`` what would be; ``count`` says how much."""

    def __init__(self, dry: bool) -> None:
        self.dry = dry
        self.count = 0

    def said(self, done: str, would: str) -> bool:
        """Say a change; whether it is to be made."""
        self.count += 1
        show(would if self.dry else done)
        return not self.dry

    def write(self, path: str, data: bytes, mode: int) -> bool:
        """Let ``path`` hold ``data`` with ``mode``; whether it did not. Raises OSError."""
        if content(path) == data and os.stat(path).st_mode & 0o7777 == mode:
            return False
        if self.said(say("written: %s", path), say("would write %s", path)):
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            put(path, data, mode)
        return True

    def link(self, path: str, target: str) -> None:
        """Let ``path`` be a symbolic link to ``target``."""
        if os.path.islink(path) and os.readlink(path) == target:
            return
        if self.said(say("written: %s", path), say("would write %s", path)):
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            self.discard(path)
            os.symlink(target, path)

    def remove(self, path: str) -> bool:
        """Let there be no file at ``path``; whether there was one."""
        if not os.path.lexists(path):
            return False
        if self.said(say("removed: %s", path), say("would remove %s", path)):
            os.unlink(path)
        return True

    def remove_folder(self, path: str) -> None:
        """Let there be no folder at ``path`` where it is empty."""
        if (
            os.path.isdir(path)
            and not os.listdir(path)
            and self.said(say("removed: %s", path), say("would remove %s", path))
        ):
            os.rmdir(path)

    @staticmethod
    def discard(path: str) -> None:
        """Remove what may be at ``path``."""
        if os.path.lexists(path):
            os.unlink(path)


def content(path: str) -> Optional[bytes]:
    """What a regular file holds; None where there is none."""
    if not os.path.isfile(path) or os.path.islink(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def put(path: str, data: bytes, mode: int) -> None:
    """Write a file beside and rename it into place."""
    temporary = "%s.%d.new" % (path, os.getpid())
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # a signal may end the program right here
        try:
            os.unlink(temporary)
        except FileNotFoundError:  # it is in its place: this must not stand in for the signal
            pass
        raise
