"""What is in an image: setuid files, programs, what anybody may write, its release. Read from its overlay2 layers, else
from its exported tar stream.

Images never change, so what was found is kept on disk by image id and each image is walked once.
"""

from __future__ import annotations

import os
import stat

from ..hostfiles import HostFiles
from ..loading import loaded
from ..owners import Owners, entries
from ..reading import MALFORMED, Deadline
from ..storage import read_json, write_memory
from . import notable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

SMALL = 256 * 1024 * 1024  # bytes of an image worth streaming out of the engine
MAX_CACHED = 2000  # images
MAX_WRITABLE = 4096  # entries of one layer that anybody may write; further ones are not looked at
FORM = 2  # of the cache: what was found by an agent that looked for less is not used


class Layer:
    """The notable entries of one layer by path, and the texts of its os-release files."""

    def __init__(self) -> None:
        self.modes: dict[str, int] = {}
        self.releases: dict[str, str] = {}


class Finder:
    """Walks images within a time budget; what the budget does not cover is found by a later collection."""

    def __init__(self, files: HostFiles, cache: str | dict[str, Any] | None, budget: float) -> None:
        self.files = files
        self.cache = cache  # path of the cache file, or its content itself; None keeps nothing
        self.deadline = Deadline(budget)
        self.known: dict[str, Any] = cached(cache)
        self.used: dict[str, Any] = {}
        self.layers: dict[tuple[int | None, str], Layer] = {}
        self.changed = False
        self.user: int | None = None
        self.owners: Owners | None = None

    def serve(self, user: int | None, owners: Owners | None) -> None:
        """The next images are those of an engine of this user, None for one of root's: what an ordinary user's engine
        shows counts for it alone. ``owners``: whose files it may lead to, None for everybody's."""
        self.user, self.owners = user, owners

    def find(self, api: Any, raw: Any) -> dict[str, Any]:
        """The keys of an Image that its files tell, for a raw image inspection; empty when unreadable (now)."""
        identifier = raw["Id"] if self.user is None else "%d %s" % (self.user, raw["Id"])
        found: dict[str, Any] | None = self.known.get(identifier)
        if found is None and self.deadline.left() > 0:
            found = self.from_layers(raw)
            if found is None and self.deadline.left() > 0:
                found = self.from_export(api, raw)
            self.changed = self.changed or found is not None
        if found is None:
            return {}
        self.used[identifier] = found
        return dict(found)

    def save(self) -> None:
        """Keep what was found; images that are gone are forgotten."""
        if self.cache is not None and (self.changed or len(self.used) != len(self.known)):
            content = {"form": FORM, "images": dict(list(self.used.items())[:MAX_CACHED])}
            if isinstance(self.cache, dict):
                self.cache.update(content)
            else:
                write_memory(self.cache, content)

    def from_layers(self, raw: Any) -> dict[str, Any] | None:
        """What the overlay2 directories on this host hold; None when they cannot be read."""
        driver = raw.get("GraphDriver") or {}
        data = driver.get("Data") or {}
        if driver.get("Name") not in ("overlay2", "overlay") or "UpperDir" not in data:
            return None
        folders = [data["UpperDir"]] + [path for path in (data.get("LowerDir") or "").split(":") if path]
        visible = Layer()
        try:
            for folder in reversed(folders):  # lowest first
                real = self.files.path(folder)
                layer = self.layer(real)
                visible.modes = {path: mode for path, mode in visible.modes.items() if not self.hidden(real, path)}
                visible.modes.update(layer.modes)
                visible.releases = {path: text for path, text in visible.releases.items() if not hides(real, path)}
                visible.releases.update(layer.releases)
        except OSError:
            return None
        return notable.told(visible.modes, visible.releases)

    def layer(self, folder: str) -> Layer:
        """One layer; each is walked once. Raises OSError when time runs out."""
        place = (self.user, folder)
        if place not in self.layers:
            self.layers[place] = walked(folder, self.deadline, self.owners)
        return self.layers[place]

    def hidden(self, folder: str, path: str) -> bool:
        """Whether a layer hides a path. Raises OSError when time runs out: a hundred layers of thousands of deep paths
        would take hours."""
        if self.deadline.left() <= 0:
            raise TimeoutError
        return hides(folder, path)

    def from_export(self, api: Any, raw: Any) -> dict[str, Any] | None:
        """What the image's own tar stream holds; None when it is large or cannot be read."""
        size = raw.get("Size")
        if not isinstance(size, int) or not 0 < size <= SMALL:
            return None
        try:
            # By name: tarfile costs 1 MB of memory, and root reads the layers from the disk.
            found: dict[str, Any] = loaded("collectors.export").contents(api, raw["Id"], self.deadline)
            return found
        except (OSError, EOFError, RecursionError, *MALFORMED):
            return None


def cached(cache: str | dict[str, Any] | None) -> dict[str, Any]:
    """What earlier collections found; a cache that cannot be read, or has another form, is an empty one."""
    try:
        content = read_json(cache) if isinstance(cache, str) else cache
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("form") != FORM:
        return {}
    images = content.get("images")
    return images if isinstance(images, dict) else {}


def walked(folder: str, deadline: Deadline, owners: Owners | None = None) -> Layer:
    """The layer in a directory."""
    layer = Layer()
    writable = 0
    for path, mode in walk(folder, deadline, owners):
        if stat.S_ISREG(mode) and path in notable.RELEASES:
            layer.releases[path] = small_text(folder + path, owners)
        if notable.notable(path, mode):
            writable += bool(mode & stat.S_IWOTH)
            if writable <= MAX_WRITABLE or notable.setuid(mode) or notable.program(path, mode):
                layer.modes[path] = mode
    return layer


def small_text(path: str, owners: Owners | None = None) -> str:
    """The beginning of a file of an image; what an image holds may be anything, so no link is followed."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if owners is not None:
            owners.check(file.fileno())
        return file.read(notable.MAX_RELEASE).decode("utf-8", "replace")


def walk(folder: str, deadline: Deadline, owners: Owners | None = None) -> Iterator[tuple[str, int]]:
    """(path, st_mode) of files and folders below ``folder``, links and devices left out; paths begin with a slash."""
    pending = [folder]
    while pending:
        if deadline.left() <= 0:
            raise TimeoutError
        current = pending.pop()
        for entry in entries(current, owners):
            path = os.path.join(current, entry.name)
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder:
                pending.append(path)
            if is_folder or entry.is_file(follow_symlinks=False):
                yield path[len(folder) :], entry.stat(follow_symlinks=False).st_mode


def hides(folder: str, path: str) -> bool:
    """Whether a layer hides ``path`` of the layers below: it has the path itself (a whiteout is a path too), or one of
    the path's directories there is opaque or no directory at all. Raises OSError
    for one that cannot be looked at."""
    current = folder
    for part in path.strip("/").split("/")[:-1]:
        current = current + "/" + part
        try:
            status = os.lstat(current)
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(status.st_mode) or opaque(current):
            return True
    try:
        os.lstat(folder + path)
    except FileNotFoundError:
        return False
    return True


def opaque(folder: str) -> bool:
    """Whether overlayfs shows nothing of this directory from lower layers."""
    for name in ("trusted.overlay.opaque", "user.overlay.opaque"):
        try:
            if os.getxattr(folder, name, follow_symlinks=False) in (b"y", b"x"):
                return True
        except OSError:
            continue
    return False
