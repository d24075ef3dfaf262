"""A small disk queue of what could not be delivered yet, oldest first.

An entry is one gzip file named by its sequence number. It is removed only after the server acknowledged it. A full
spool takes nothing new: what waits is older and cannot be had again, the present is collected again soon.
"""

from __future__ import annotations

import json
import os
import re
import zlib

from .storage import sync_folder, write_file
from .wire import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_ENTRIES = 4096
MAX_BYTES = 64 * 1024 * 1024
KEPT_REFUSED = 8  # entries the server will never take, kept for a person to look at
ENTRY = re.compile(r"^(\d{16})\.(check-in|snapshot)\.json\.gz$")
GZIP = 31  # window bits that make zlib write and read gzip


class SpoolFull(Exception):
    """There is no room for another entry."""


class Entry:
    """One waiting request."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind  # "check-in" or "snapshot"


class Spool:
    """The queue in one directory (mode 0700)."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.refused = os.path.join(folder, "refused")
        os.makedirs(self.refused, mode=0o700, exist_ok=True)
        for name in os.listdir(folder):
            if name.endswith(".tmp"):  # a power cut interrupted the writing
                os.unlink(os.path.join(folder, name))

    def entries(self) -> list[Entry]:
        """What waits, oldest first. Names of other forms (an interrupted write) are no entries."""
        matches = [ENTRY.match(name) for name in sorted(os.listdir(self.folder))]
        return [Entry(match.group(0), match.group(2)) for match in matches if match is not None]

    def add(self, kind: str, body: dict[str, Any]) -> None:
        """Keep a request; raises SpoolFull or OSError."""
        data = compressed(canonical(body))
        waiting = self.entries()
        size = sum(os.path.getsize(os.path.join(self.folder, entry.name)) for entry in waiting)
        if len(waiting) >= MAX_ENTRIES or size + len(data) > MAX_BYTES:
            raise SpoolFull
        write_file(os.path.join(self.folder, "%016d.%s.json.gz" % (body["sequence"], kind)), data)

    def load(self, entry: Entry) -> dict[str, Any]:
        """The request of an entry; raises ValueError where the disk damaged it."""
        try:
            with open(os.path.join(self.folder, entry.name), "rb") as file:
                body = json.loads(zlib.decompress(file.read(), GZIP).decode("utf-8"))
        except zlib.error as error:
            raise ValueError("a spool entry is damaged") from error
        if not isinstance(body, dict):
            raise ValueError("a spool entry is damaged")
        return body

    def acknowledge(self, entry: Entry) -> None:
        """Remove an entry the server has committed."""
        os.unlink(os.path.join(self.folder, entry.name))
        sync_folder(self.folder)

    def set_aside(self, entry: Entry) -> None:
        """Move an entry the server will never take out of the way of those behind it."""
        os.replace(os.path.join(self.folder, entry.name), os.path.join(self.refused, entry.name))
        for name in sorted(os.listdir(self.refused))[:-KEPT_REFUSED]:
            os.unlink(os.path.join(self.refused, name))

    def clear(self) -> None:
        """Remove everything: it belongs to an installation that is no more."""
        for entry in self.entries():
            os.unlink(os.path.join(self.folder, entry.name))


def compressed(data: bytes) -> bytes:
    """The data as gzip."""
    packer = zlib.compressobj(6, zlib.DEFLATED, GZIP)
    return packer.compress(data) + packer.flush()
