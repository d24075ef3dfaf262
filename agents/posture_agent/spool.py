"""A bounded disk queue of what could not be delivered yet, oldest first.

Each file is one entry (``entry.py``): a snapshot, or a passage, which tells of a run of collections without their
facts. Files are written beside, flushed and renamed, so that after a crash each is there whole or not at all. A full
spool drops bodies first, then merges passages (``thinning.py``); it never takes more of the disk than its bound.

On a full disk passages grow and merge in place, where they take no room, and a file beside the spool that holds a block
for nothing gives it to the first one: so numbers find room where no facts do.
"""

from __future__ import annotations

import errno
import os

from .drawer import Drawer, forget
from .entry import BLOCK, DROPPED, NAME, SNAPSHOT, Entry, blocks, cut, name_of, read, read_body, written
from .passages import extends, merged
from .storage import rewrite, sync_folder, write_file
from .thinning import beside_passage, crowded, intermediate, mergeable, oldest, passage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_ENTRIES = 4096
MAX_BYTES = 64 * 1024 * 1024
LEAST_ENTRIES = 8
LEAST_BYTES = 64 * 1024
SPARE = 2  # files, and blocks: for what is written before what it stands for is removed, and the reserve
PASSAGES_SHARE = 4  # passages are merged once they take more than this part of the bytes
ASIDE_SHARE = 16  # what is damaged, and what the server will never take: each at most this part of the bytes
FULL = (errno.ENOSPC, errno.EDQUOT)
TURNING = ".turning"  # ends the name of a file while it is written over


class SpoolFull(Exception):
    """There is no room for another entry, and nothing that could give way."""


class Bounds:
    """What a spool takes at most: files, and bytes of the disk. Smaller ones than it can work with are raised."""

    def __init__(self, entries: int | None = None, size: int | None = None) -> None:
        self.entries = max(LEAST_ENTRIES, MAX_ENTRIES if entries is None else entries)
        self.size = max(LEAST_BYTES, MAX_BYTES if size is None else size)


class Spool:
    """The queue in one directory (mode 0700)."""

    def __init__(self, folder: str, bounds: Bounds | None = None) -> None:
        bounds = bounds or Bounds()
        self.folder = folder
        self.max_entries = bounds.entries - SPARE
        aside = bounds.size // ASIDE_SHARE
        self.max_size = bounds.size - 2 * aside - blocks(1) * SPARE
        self.taken = 0  # entries that the server has committed
        self.news: list[str] = []  # what a person should hear of: names of damaged files
        self.spoilt: list[str] = []  # likewise, of those whose facts alone are damaged
        self.crowded = self.squeezed = False  # whether facts gave way to its bounds, and on a full disk
        self.damaged = Drawer(os.path.join(folder, "damaged"), aside)
        self.refused = Drawer(os.path.join(folder, "refused"), aside)
        self.reserve = folder + ".reserve"
        self._recover()

    def entries(self) -> list[Entry]:
        """What waits, oldest first."""
        found = []
        with os.scandir(self.folder) as items:
            for item in items:
                if NAME.fullmatch(item.name):
                    found.append(Entry(item.name, size_of(item)))
        return sorted(found, key=lambda entry: (entry.first, -entry.last, entry.kind))

    def path(self, entry: Entry) -> str:
        """Where an entry is."""
        return os.path.join(self.folder, entry.name)

    def add(self, content: dict[str, Any], body: bytes = b"") -> None:
        """Keep a passage, or a snapshot with its packed body; raises SpoolFull or OSError.

        A passage that goes on where the newest entry ends makes that one longer.
        """
        waiting = self.entries()
        before = self._newest_passage(waiting) if content["kind"] != SNAPSHOT else None
        run = before[1] if before is not None else {}
        if before is not None and extends(run, content):
            waiting.pop()
            self._extend(before[0], merged(run, content), waiting)
            return
        data = written(content, body)
        self._make_room(blocks(len(data)), 1, waiting, content["kind"] == SNAPSHOT)
        try:
            self._write(name_of(content), data)
        except OSError as error:
            if error.errno not in FULL or content["kind"] == SNAPSHOT or not self._append(content):
                raise

    def _newest_passage(self, waiting: list[Entry]) -> tuple[Entry, dict[str, Any]] | None:
        """The newest entry that is whole, where it is a passage; ``waiting`` is kept true."""
        while waiting and waiting[-1].kind != SNAPSHOT:
            run = self.read(waiting[-1])
            if run is not None:
                return waiting[-1], run
            waiting.pop()
        return None

    def _extend(self, before: Entry, content: dict[str, Any], waiting: list[Entry]) -> None:
        """Put a longer passage in the place of the newest one, which is none of the ``waiting`` any more."""
        data = written(content)
        self._make_room(blocks(len(data)) + before.size, 2, waiting, False)
        try:
            write_file(os.path.join(self.folder, name_of(content)), data)
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._turn(before, content)
        else:
            self._remove(before)

    def _append(self, content: dict[str, Any]) -> bool:
        """On a full disk: put a passage into the newest one, in place; False where none touches it."""
        waiting = self.entries()
        before = self._newest_passage(waiting)
        if before is None or before[0].last + 1 != content["first"]:
            return False
        self._turn(before[0], merged(before[1], content))
        return True

    def _turn(self, entry: Entry, content: dict[str, Any]) -> None:
        """Make another passage of one, in place. A power cut in this very moment makes a gap of it; where the process
        alone ends, the next one finds under the name of the moment what is in the file: the one or the other."""
        turning = entry.name + TURNING
        os.replace(self.path(entry), os.path.join(self.folder, turning))
        try:
            rewrite(os.path.join(self.folder, turning), written(content))
        finally:
            self._name(turning)

    def _name(self, turning: str) -> None:
        """Give a file the name of what is in it."""
        path = os.path.join(self.folder, turning)
        try:
            os.replace(path, os.path.join(self.folder, name_of(read(path))))
        except ValueError:
            self._set_damaged(turning)

    def read(self, entry: Entry) -> dict[str, Any] | None:
        """What an entry says; None where it is damaged: it is set aside then. Raises OSError."""
        try:
            content = read(self.path(entry))
        except ValueError:
            self._set_damaged(entry.name)
            return None
        if content["kind"] != entry.kind and entry.name not in self.spoilt:
            self.spoilt.append(entry.name)
        return content

    def body(self, entry: Entry) -> bytes:
        """The packed snapshot of an entry."""
        return read_body(self.path(entry))

    def acknowledge(self, *entries: Entry) -> None:
        """Remove entries that the server has committed."""
        for entry in entries:
            self._remove(entry)
        self.taken += len(entries)
        sync_folder(self.folder)

    def refuse(self, entry: Entry) -> None:
        """Put an entry the server will never take out of the way; of a snapshot a passage stays, which says so."""
        content = self.read(entry)
        if content is None:
            return
        if content["kind"] != SNAPSHOT:
            self.refused.take(self.path(entry))
            return
        self.refused.keep_too(self.path(entry))
        left = dict(content, kind=DROPPED)
        try:
            write_file(os.path.join(self.folder, name_of(left)), written(left))
            self._remove(entry)
        except OSError:  # no room: cutting needs none
            self.drop_body(entry)

    def find(self, sequence: int) -> Entry | None:
        """The entry that holds a number."""
        return next((entry for entry in self.entries() if entry.first <= sequence <= entry.last), None)

    def clear(self) -> None:
        """Remove everything: it belongs to an installation that is no more."""
        for entry in self.entries():
            self._remove(entry)

    def drop_body(self, entry: Entry) -> Entry | None:
        """Cut a snapshot's body off; what is left is a passage. None where the file is damaged."""
        path = self.path(entry)
        try:
            left = cut(path)
        except ValueError:
            self._set_damaged(entry.name)
            return None
        name = entry.name.replace(SNAPSHOT, DROPPED)
        os.replace(path, os.path.join(self.folder, name))
        return Entry(name, left)

    def _recover(self) -> None:
        """Clean up behind a crash: half-written files, and files whose numbers are in others; and foreign files."""
        with os.scandir(self.folder) as items:
            names = [item.name for item in items if item.is_file(follow_symlinks=False)]
        for name in names:
            if name.endswith(".tmp"):
                forget(os.path.join(self.folder, name))
            elif name.endswith(TURNING):
                self._name(name)
            elif not NAME.fullmatch(name):
                self._set_damaged(name)
        before: Entry | None = None
        for entry in self.entries():
            if before is not None and entry.first <= before.last and self.read(before) is not None:
                self._remove(entry)
            else:
                before = entry
        try:
            self._make_room(0, 0, self.entries(), False)
        except SpoolFull:
            pass
        if not os.path.exists(self.reserve):
            try:
                write_file(self.reserve, b" " * BLOCK)
            except OSError:
                pass  # it is for a disk that is full from now on

    def _make_room(self, size: int, files: int, waiting: list[Entry], coming: bool) -> None:
        """Let entries give way until so many more files, of ``size`` bytes together, have room; raises SpoolFull.

        ``coming``: the newest snapshot is among the new files.
        """
        while waiting:
            if len(waiting) + files > self.max_entries:
                self._lose_file(waiting, coming)
            elif sum(entry.size for entry in waiting) + size > self.max_size:
                self._lose_bytes(waiting, coming)
            else:
                return
        if size > self.max_size:
            raise SpoolFull

    def _lose_file(self, waiting: list[Entry], coming: bool) -> None:
        """One step towards fewer files; ``waiting`` is kept true."""
        pair = mergeable(waiting)
        if pair is not None and self._merge(waiting, pair):
            return
        victims = crowded(waiting, coming)
        if pair is None and victims:
            for index in reversed(victims):
                self._cut(waiting, index)
            return
        first = oldest(waiting, coming)
        if pair is None and first is not None and beside_passage(waiting, first):
            self._cut(waiting, first)
            return
        for choice in (passage(waiting), intermediate(waiting, coming), 0):
            if choice is not None:
                self._remove(waiting.pop(choice))
                return

    def _lose_bytes(self, waiting: list[Entry], coming: bool) -> None:
        """One step towards fewer bytes; ``waiting`` is kept true."""
        pair = mergeable(waiting)
        passages = sum(entry.size for entry in waiting if entry.kind != SNAPSHOT)
        victim = intermediate(waiting, coming)
        if victim is not None and (pair is None or passages * PASSAGES_SHARE < self.max_size):
            self._cut(waiting, victim)
            return
        if pair is not None and self._merge(waiting, pair):
            return
        victim = oldest(waiting, coming)
        if victim is not None:
            self._cut(waiting, victim)
        else:
            self._remove(waiting.pop(passage(waiting) or 0))

    def _cut(self, waiting: list[Entry], index: int) -> None:
        left = self.drop_body(waiting[index])
        self.crowded = True
        waiting[index : index + 1] = [left] if left is not None else []

    def _merge(self, waiting: list[Entry], index: int) -> bool:
        one, two = waiting[index], waiting[index + 1]
        before, after = self.read(one), self.read(two)
        if before is None or after is None:  # damaged, and not in the way any longer
            waiting[index : index + 2] = ([one] if before is not None else []) + ([two] if after is not None else [])
            return True
        content = merged(before, after)
        data = written(content)
        name = name_of(content)
        try:
            write_file(os.path.join(self.folder, name), data)
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._turn(one, content)
            one = Entry(name, 0)
        for entry in (one, two):
            if entry.name != name:
                self._remove(entry)
        waiting[index : index + 2] = [Entry(name, len(data))]
        return True

    def _write(self, name: str, data: bytes) -> None:
        """Write a file; on a full disk into the reserve, else the oldest gives way, else nothing is written.

        Raises OSError.
        """
        while True:
            try:
                write_file(os.path.join(self.folder, name), data)
                return
            except OSError as error:
                if error.errno not in FULL:
                    raise
                if len(data) <= BLOCK and os.path.exists(self.reserve):
                    rewrite(self.reserve, data)
                    os.replace(self.reserve, os.path.join(self.folder, name))
                    return
                if not self.free():
                    raise

    def free(self) -> bool:
        """One step towards more room on the disk; False where there is none.

        What was set aside goes first, then the oldest bodies, then passages merge; a body that fills no block of its
        own is cut only where that lets passages merge.
        """
        if self.damaged.give_way() or self.refused.give_way():
            return True
        waiting = self.entries()
        bodies = [entry for entry in waiting if entry.kind == SNAPSHOT]
        if self._cut_first([entry for entry in bodies if entry.size > BLOCK]):
            return True
        pair = mergeable(waiting)
        if pair is not None:
            self._merge(waiting, pair)
            return len(self.entries()) <= len(waiting)  # else both are damaged, and stay: nothing was won
        return len(waiting) > 1 and self._cut_first(bodies)

    def _cut_first(self, bodies: list[Entry]) -> bool:
        """Drop the first body that can be dropped; whether there was one."""
        self.squeezed = self.squeezed or bool(bodies)
        return any(self.drop_body(entry) is not None or not os.path.lexists(self.path(entry)) for entry in bodies)

    def _remove(self, entry: Entry) -> None:
        os.unlink(self.path(entry))

    def _set_damaged(self, name: str) -> None:
        """Put a file out of the way; one that cannot be moved or removed is passed by."""
        self.news.append(name)
        self.damaged.take(os.path.join(self.folder, name))


def size_of(item: os.DirEntry[str]) -> int:
    """Bytes of a file; 0 of one that a rotten disk does not even describe: who reads it hears the reason."""
    try:
        return item.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
