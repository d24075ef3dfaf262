"""Setuid and setgid files of an image, read from its overlay2 layers, else from its exported tar stream.

Images never change, so what was found is kept on disk by image id and each image is walked once.
"""

from __future__ import annotations

import os
import stat

from ..hostfiles import HostFiles
from ..reading import MALFORMED, Deadline
from ..storage import read_json, write_json
from . import export

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

BITS = stat.S_ISUID | stat.S_ISGID
SMALL = 256 * 1024 * 1024  # bytes of an image worth streaming out of the engine
MAX_FOUND = 4096
MAX_CACHED = 2000  # images


class Finder:
    """Finds setuid files within a time budget; what the budget does not cover is found by a later collection."""

    def __init__(self, files: HostFiles, cache: str | None, budget: float) -> None:
        self.files = files
        self.cache = cache  # path of the cache file; None keeps nothing
        self.deadline = Deadline(budget)
        self.known: dict[str, Any] = cached(cache)
        self.used: dict[str, Any] = {}
        self.layers: dict[str, dict[str, int]] = {}
        self.changed = False

    def find(self, api: Any, raw: Any) -> list[dict[str, Any]] | None:
        """SetuidFiles of a raw image inspection; None when they could not be read (now)."""
        identifier = raw["Id"]
        found = self.known.get(identifier)
        if found is None and self.deadline.left() > 0:
            found = self.from_layers(raw)
            if found is None and self.deadline.left() > 0:
                found = self.from_export(api, raw)
            self.changed = self.changed or found is not None
        if found is None or len(found) > MAX_FOUND:
            return None
        self.used[identifier] = found
        return [{"Path": path, "Mode": found[path]} for path in sorted(found)]

    def save(self) -> None:
        """Keep what was found; images that are gone are forgotten."""
        if self.cache and (self.changed or len(self.used) != len(self.known)):
            write_json(self.cache, dict(list(self.used.items())[:MAX_CACHED]))

    def from_layers(self, raw: Any) -> dict[str, int] | None:
        """Setuid files by path from the overlay2 directories on this host; None when they cannot be read."""
        driver = raw.get("GraphDriver") or {}
        data = driver.get("Data") or {}
        if driver.get("Name") not in ("overlay2", "overlay") or "UpperDir" not in data:
            return None
        folders = [data["UpperDir"]] + [path for path in (data.get("LowerDir") or "").split(":") if path]
        visible: dict[str, int] = {}
        try:
            for folder in reversed(folders):  # lowest first
                real = self.files.path(folder)
                hidden = [path for path in visible if hides(real, path)]
                for path in hidden:
                    del visible[path]
                visible.update(self.layer(real))
        except OSError:
            return None
        return visible

    def layer(self, folder: str) -> dict[str, int]:
        """Setuid files of one layer by path; each layer is walked once. Raises OSError when time runs out."""
        if folder not in self.layers:
            self.layers[folder] = dict(walk(folder, self.deadline))
        return self.layers[folder]

    def from_export(self, api: Any, raw: Any) -> dict[str, int] | None:
        """Setuid files by path from the image's own tar stream; None when it is large or cannot be read."""
        if not 0 < int(raw.get("Size") or 0) <= SMALL:
            return None
        try:
            return export.setuid_files(api, raw["Id"], self.deadline)
        except (OSError, *MALFORMED, *export.BROKEN):
            return None


def cached(path: str | None) -> dict[str, Any]:
    """What earlier collections found; a cache that cannot be read is an empty one."""
    try:
        content = read_json(path) if path else None
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def walk(folder: str, deadline: Deadline) -> Iterator[tuple[str, int]]:
    """(path, mode) of setuid and setgid regular files below ``folder``; paths begin with a slash."""
    pending = [folder]
    while pending:
        if deadline.left() <= 0:
            raise TimeoutError
        current = pending.pop()
        with os.scandir(current) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    mode = entry.stat(follow_symlinks=False).st_mode
                    if mode & BITS:
                        yield entry.path[len(folder) :], stat.S_IMODE(mode)


def hides(folder: str, path: str) -> bool:
    """Whether a layer hides ``path`` of the layers below: it has the path itself (a whiteout is a path too), or one of
    the path's directories there is opaque or no directory at all."""
    current = folder
    for part in path.strip("/").split("/")[:-1]:
        current = current + "/" + part
        try:
            status = os.lstat(current)
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(status.st_mode) or opaque(current):
            return True
    return os.path.lexists(folder + path)


def opaque(folder: str) -> bool:
    """Whether overlayfs shows nothing of this directory from lower layers."""
    for name in ("trusted.overlay.opaque", "user.overlay.opaque"):
        try:
            if os.getxattr(folder, name, follow_symlinks=False) in (b"y", b"x"):
                return True
        except OSError:
            continue
    return False
