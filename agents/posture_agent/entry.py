"""One file of the spool: a line that says what was collected, and behind it the packed snapshot where there is one.

The line is ``SHA-256 JSON``; the JSON has the size and digest of the rest. So every damaged byte is seen, and the body
can be dropped by cutting the file, which needs no room on a full disk.
"""

from __future__ import annotations

import errno
import json
import os
import re

from .sha256 import sha256
from .storage import json_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SNAPSHOT, UNCHANGED, DROPPED = "snapshot", "unchanged", "dropped"
NAME = re.compile(r"(\d{16})-(\d{16})\.(snapshot|unchanged|dropped)")
BLOCK = 4096  # bytes of the disk that a file takes at least
MAX_LINE = 4096  # bytes of the first line
PIECE = 65536  # bytes read at once
# What a medium or a file system says of one bad file. Any other error may be over in a moment, or be true of all files.
BROKEN = (errno.EIO, errno.EBADMSG, errno.EUCLEAN, errno.ENODATA, errno.ESTALE, errno.EISDIR, errno.ELOOP)


class Damaged(ValueError):
    """A file of the spool is not what was written."""


class Reading:
    """While it is entered, an error that is of this file alone becomes Damaged."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, place: object) -> None:
        if isinstance(error, OSError) and error.errno in BROKEN:
            raise Damaged(error.strerror) from None


class Entry:
    """A file of the spool, by its name."""

    __slots__ = ("first", "kind", "last", "name", "size")

    def __init__(self, name: str, size: int) -> None:
        found = NAME.fullmatch(name)
        if found is None:
            raise ValueError(name)
        self.name = name
        self.first, self.last, self.kind = int(found.group(1)), int(found.group(2)), found.group(3)
        self.size = blocks(size)  # bytes on the disk


def name_of(content: dict[str, Any]) -> str:
    """The name of the file that keeps this."""
    return "%016d-%016d.%s" % (content["first"], content["last"], content["kind"])


def blocks(size: int) -> int:
    """Bytes of the disk that a file of so many bytes takes."""
    return max(1, -(-size // BLOCK)) * BLOCK


def written(content: dict[str, Any], body: bytes = b"") -> bytes:
    """A file's bytes. ``content``: as ``passages.passage_of``."""
    line = json_bytes(dict(content, size=len(body), body=sha256(body).hexdigest() if body else None))
    return sha256(line).hexdigest().encode("ascii") + b" " + line + b"\n" + body


def read_line(file: Any) -> dict[str, Any]:
    """The content of an open file's first line, which is read to its end; raises Damaged."""
    line = file.readline(MAX_LINE)
    code, _, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or sha256(text).hexdigest().encode("ascii") != code:
        raise Damaged("the first line is damaged")
    content = json.loads(text.decode("ascii"))
    return dict(content)


def read(path: str) -> dict[str, Any]:
    """What a file says; a snapshot whose body was cut off, or is damaged, is ``dropped``. Raises Damaged or OSError."""
    with Reading(), open(path, "rb") as file:
        content = read_line(file)
        if NAME.fullmatch(os.path.basename(path)) and not agrees(os.path.basename(path), content):
            raise Damaged("the name is another one's")
        if content["kind"] == SNAPSHOT and not whole(file, content):
            content["kind"] = DROPPED
        return content


def agrees(name: str, content: dict[str, Any]) -> bool:
    """Whether a name tells what is inside."""
    found = Entry(name, 0)
    return (found.first, found.last) == (content["first"], content["last"])


def whole(file: Any, content: dict[str, Any]) -> bool:
    """Whether the body is as it was written; the file stands at its beginning."""
    code, size = sha256(b""), 0
    while True:
        piece = file.read(PIECE)
        if not piece:
            return bool(size == content["size"] and code.hexdigest() == content["body"])
        code.update(piece)
        size += len(piece)


def read_body(path: str) -> bytes:
    """The packed snapshot. Raises Damaged or OSError."""
    with Reading(), open(path, "rb") as file:
        read_line(file)
        return bytes(file.read())


def cut(path: str) -> int:
    """Drop the body; the bytes on the disk that are left. Raises Damaged or OSError."""
    with Reading(), open(path, "r+b") as file:
        read_line(file)
        end = file.tell()
        file.truncate(end)
        os.fsync(file.fileno())
    return blocks(end)
