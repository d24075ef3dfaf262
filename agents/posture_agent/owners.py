"""Whose files an ordinary user's engine may lead us to: that user's own, and those of the uids it was given.

Such an engine may name any folder, and its user may put a link in the place of one while it is read. We may be root.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Optional


class Owners:
    """The uids of one user: its own, and its ranges of /etc/subuid."""

    def __init__(self, files: Any, uid: int) -> None:
        self.ranges = [(uid, 1)]
        names = [str(uid)]
        names += [row[0] for row in rows(files, "/etc/passwd", 7) if row[2] == str(uid)]
        for name, first, count in rows(files, "/etc/subuid", 3):
            if name in names and first.isdigit() and count.isdigit() and int(first):
                self.ranges.append((int(first), int(count)))

    def check(self, descriptor: int) -> None:
        """Raise PermissionError unless an open file is of these uids."""
        owner = os.fstat(descriptor).st_uid
        if not any(first <= owner < first + count for first, count in self.ranges):
            raise PermissionError("this is another user's")


def rows(files: Any, path: str, width: int) -> list[list[str]]:
    """The lines of a file that have so many fields with colons between; none where it cannot be read."""
    try:
        found = [line.split(":") for line in files.text(path).splitlines()]
    except OSError:
        return []
    return [row for row in found if len(row) == width]


def entries(folder: str, owners: Optional[Owners]) -> Iterator[Any]:
    """What is in a folder (of these owners), no link followed; each has to be looked at before the next. OSError."""
    if owners is None:
        with os.scandir(folder) as found:
            yield from found
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        owners.check(descriptor)
        with os.scandir(descriptor) as found:
            yield from found
    finally:
        os.close(descriptor)
