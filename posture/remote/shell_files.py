"""A machine's files as the agent's collectors see them (``posture_agent/hostfiles.py``), read by a ``Shell``."""

from __future__ import annotations

import errno
import os
import posixpath
import re
from types import SimpleNamespace
from typing import Any

from posture.remote.shell import LARGEST, Shell

MAX_BYTES = LARGEST - 1
ERRORS = (
    (b"No such file", errno.ENOENT),
    (b"Permission denied", errno.EACCES),
    (b"Not a directory", errno.ENOTDIR),
    (b"Not a regular file", errno.EINVAL),
    (b"Operation not permitted", errno.EACCES),
    (b"No such process", errno.ESRCH),
)
DESCRIPTORS = re.compile(r"(/proc/\d+/fd)/(\d+)")


class ShellFiles:
    """Answers as HostFiles does; what needs a walk of its own over folders (layers of images) is not collected.

    ``elsewhere``: makes the exception that says so.
    """

    local = False
    root = "/"

    def __init__(self, shell: Shell, elsewhere: Any) -> None:
        self.shell = shell
        self.elsewhere = elsewhere

    def path(self, path: str) -> str:
        """There is no path of this machine that leads there."""
        raise self.elsewhere("Reading this needs Python on the host.")

    def system(self) -> Any:
        """nodename, release, version, machine."""
        lines = (self._ask("u", "/").decode("utf-8", "replace").splitlines() + [""] * 4)[:4]
        return SimpleNamespace(sysname="Linux", nodename=lines[0], release=lines[1], version=lines[2], machine=lines[3])

    def processors(self) -> int | None:
        """How many are on line."""
        count = 0
        for part in (self.word("/sys/devices/system/cpu/online") or "").split(","):
            first, _, last = part.partition("-")
            if first.isdigit():
                count += int(last or first) - int(first) + 1
        return count or None

    def text(self, path: str) -> str:
        """The whole content of a regular file as text. Raises OSError."""
        data = self.data(path, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise OSError(errno.EFBIG, "larger than we read", path)
        return data.decode("utf-8", "replace")

    def head(self, path: str, limit: int) -> str:
        """The first ``limit`` bytes of a regular file as text. Raises OSError."""
        return self.data(path, limit).decode("utf-8", "replace")

    def data(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """The first ``limit`` bytes of a regular file. Raises OSError."""
        return self._ask("c", path)[:limit]

    def word(self, path: str) -> str | None:
        """The stripped content of a small file, or None when it cannot be read."""
        try:
            return self.head(path, 4096).strip().rstrip("\0").strip()
        except OSError:
            return None

    def names(self, path: str) -> list[str]:
        """Sorted entries of a directory; raises OSError."""
        listed = self._ask("l", path).decode("utf-8", "surrogateescape").splitlines()
        if listed == [path]:
            raise NotADirectoryError(errno.ENOTDIR, "not a directory", path)
        found = sorted(name for name in listed if name not in (".", ".."))
        if path == "/proc":
            self._foresee(name for name in found if name.isdigit())
        return found

    def stat(self, path: str) -> Any:
        """Status of a file, links followed; raises OSError."""
        words = self._ask("s", path).split()
        if len(words) != 10:
            raise OSError(errno.EIO, "no status", path)
        mode, major, minor = int(words[0], 16), int(words[4], 16), int(words[5], 16)
        uid, gid, device, links, size, changed, number = (int(words[place]) for place in (1, 2, 3, 6, 7, 8, 9))
        return SimpleNamespace(
            st_mode=mode, st_uid=uid, st_gid=gid, st_dev=device, st_rdev=os.makedev(major, minor),
            st_nlink=links, st_size=size, st_mtime=float(changed), st_mtime_ns=changed * 10**9, st_ino=number,
        )  # fmt: skip

    def exists(self, path: str) -> bool:
        """Whether a path exists, as far as this account can see."""
        return self.shell.ask("s", path)[0] == 0

    def link(self, path: str) -> str:
        """What a process's descriptor is; other links are not asked for. Raises OSError."""
        found = DESCRIPTORS.fullmatch(path)
        if found is None:
            raise self.elsewhere("Reading this needs Python on the host.")
        lines = self._ask("d", found[1]).decode("utf-8", "replace").splitlines()
        target = next((end for start, arrow, end in split_links(lines) if start == found[2]), None)
        if target is None:
            raise FileNotFoundError(errno.ENOENT, "closed meanwhile", path)
        return target

    def resolved(self, path: str) -> str:
        """The path with symbolic links resolved."""
        status, answer = self.shell.ask("r", path)
        return posixpath.normpath(path) if status or not answer.strip() else answer.decode("utf-8", "replace").strip()

    def _foresee(self, processes: Any) -> None:
        """What the collectors will ask of every process, in few round trips."""
        numbers = list(processes)
        self.shell.ask_all([("c", f"/proc/{number}/comm") for number in numbers])
        self.shell.ask_all([("d", f"/proc/{number}/fd") for number in numbers])

    def _ask(self, what: str, path: str) -> bytes:
        status, answer = self.shell.ask(what, path)
        if status == 0:
            return answer.removesuffix(b"\n") if what in "sru" else answer
        words = answer[-300:]
        number = next((number for text, number in ERRORS if text in words), errno.EIO)
        raise OSError(number, os.strerror(number), path)


def split_links(lines: list[str]) -> list[tuple[str, str, str]]:
    """(name, arrow, target) of the lines of ``ls -l`` that are links."""
    found = []
    for line in lines:
        start, arrow, target = line.partition(" -> ")
        if arrow:
            found.append((start.rsplit(" ", 1)[-1], arrow, target))
    return found
