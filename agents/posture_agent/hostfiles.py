"""The host's files, seen through an optional root directory (tests and containers mount the host elsewhere)."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

MAX_BYTES = 4 * 1024 * 1024
MAX_LINKS = 40  # as the kernel has it
OF_HOST = "/proc/1/root"  # the files as the first process sees them
OFTEN_REPLACED = ("/tmp", "/var/tmp")  # noqa: S108 -- looked at, not written to: a service manager gives us our own


class HostFiles:
    """Reads small text files, links and directories below ``root``.

    Whoever reads a host from elsewhere overrides all of it, and is not ``local``: what only a program on the host can
    see is then not collected.
    """

    local = True
    replaced: tuple[str, ...] = ()  # see replaced_folders

    def __init__(self, root: str = "/") -> None:
        self.root = root
        if root == "/":
            self.replaced = replaced_folders()

    def system(self) -> Any:
        """nodename, release, version and machine of the running system, as ``os.uname``."""
        return os.uname()

    def processors(self) -> Optional[int]:
        """How many processors the host has."""
        return os.cpu_count()

    def link(self, path: str) -> str:
        """What a symbolic link says; raises OSError."""
        return os.readlink(self.path(path))

    def path(self, path: str) -> str:
        """The path to open for the host's absolute ``path``."""
        if self.root == "/":
            return OF_HOST + path if path.startswith(self.replaced) else path
        return os.path.join(self.root, path.lstrip("/"))

    def text(self, path: str) -> str:
        """The whole content of a regular file as text; bytes that are not UTF-8 are replaced.

        Raises OSError, also for a file that is too large: half a list of rights or sockets would look like a whole one.
        """
        data = self.data(path, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise OSError(errno.EFBIG, "larger than we read", path)
        return data.decode("utf-8", "replace")

    def head(self, path: str, limit: int) -> str:
        """The first ``limit`` bytes of a regular file as text. Raises OSError."""
        return self.data(path, limit).decode("utf-8", "replace")

    def data(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """The first ``limit`` bytes of a regular file. Raises OSError.

        Never waits: a name that somebody else gave us may lead to a pipe or a device.
        """
        descriptor = os.open(self.path(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", path)
            pieces = []
            size = 0
            while size < limit:
                piece = file.read(min(65536, limit - size))
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
        return b"".join(pieces)

    def word(self, path: str) -> Optional[str]:
        """The stripped content of a small file, or None when it cannot be read."""
        try:
            return self.head(path, 4096).strip().rstrip("\0").strip()
        except OSError:
            return None

    def names(self, path: str) -> list[str]:
        """Sorted entries of a directory; raises OSError."""
        return sorted(os.listdir(self.path(path)))

    def stat(self, path: str) -> os.stat_result:
        """Status of a file, links followed; raises OSError."""
        return os.stat(self.path(path))

    def exists(self, path: str) -> bool:
        """Whether a path exists, as far as this account can see. What a 32-bit system cannot describe does exist."""
        try:
            os.stat(self.path(path))
        except OSError as error:
            return error.errno == errno.EOVERFLOW
        except ValueError:  # a name that no file can have
            return False
        return True

    def resolved(self, path: str) -> str:
        """The path with symbolic links resolved, as the host names it."""
        if self.replaced:
            return self._followed(path)
        real = os.path.realpath(self.path(path))
        if self.root == "/":
            return real
        root = os.path.realpath(self.root)
        return real[len(root) :] or "/" if real.startswith(root + "/") else real

    def _followed(self, path: str) -> str:
        """As ``resolved``, link by link: the kernel would follow them into folders that are not the host's."""
        done, rest, links = "", path.split("/"), 0
        while rest:
            part = rest.pop(0)
            if part == "..":
                done = done.rpartition("/")[0]
            elif part not in ("", "."):
                step = done + "/" + part
                try:
                    target = self.link(step)
                except (OSError, ValueError):  # no link, or nothing that can be seen
                    done = step
                    continue
                links += 1
                if links > MAX_LINKS:
                    return path
                done = "" if target.startswith("/") else done
                rest = target.split("/") + rest
        return done or "/"


def replaced_folders() -> tuple[str, ...]:
    """The host's folders in whose place we see our own, and may see the host's: beginnings of paths, with a slash."""
    found = []
    for folder in OFTEN_REPLACED:
        try:
            if not os.path.samestat(os.stat(folder), os.stat(OF_HOST + folder)):
                found.append(folder + "/")
        except OSError:  # not there, or not for us to see
            continue
    return tuple(found)
