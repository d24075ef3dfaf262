"""What is in an image, from the tar stream of ``GET /images/{id}/get``, without writing it anywhere.

The layers come before the manifest that orders them, so each is reduced as it passes and they are stacked at the end.
Whiteouts in tar layers are files named ``.wh.NAME``, and ``.wh..wh..opq`` for an opaque directory (OCI image layers).
"""

from __future__ import annotations

import json
import posixpath
import stat
import tarfile
import zlib

from ..reading import Deadline
from . import notable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

BROKEN = (tarfile.TarError, zlib.error)
MAX_MANIFEST = 1024 * 1024
MAX_ENTRIES = 500_000  # of all layers of an image


class Layer:
    """What one layer adds and what it takes away."""

    def __init__(self) -> None:
        self.modes: dict[str, int] = {}  # st_mode of the notable entries by path
        self.releases: dict[str, str] = {}  # texts of os-release files by path
        self.present: set[str] = set()  # paths that are no directories
        self.folders: set[str] = set()
        self.hidden: set[str] = set()
        self.opaque: set[str] = set()

    def hides(self, path: str) -> bool:
        """Whether ``path`` of a lower layer cannot be seen through this one."""
        if path in self.present or path in self.hidden or path in self.folders:
            return True
        parents = [path[:i] for i in range(1, len(path)) if path[i] == "/"]
        return any(one in self.present or one in self.hidden or one in self.opaque for one in parents)


def contents(api: Any, image: str, deadline: Deadline) -> dict[str, Any]:
    """The keys of an Image that its files tell. Raises OSError, EOFError, RecursionError or MALFORMED."""
    response = api.get_image(image)
    try:
        layers, manifest = read(response, deadline)
    except BROKEN as error:
        raise ValueError("the image is not in the form of an export") from error
    finally:
        response.close()
        api.close()  # the rest of the stream is not wanted
    modes: dict[str, int] = {}
    releases: dict[str, str] = {}
    for name in json.loads(manifest)[0]["Layers"]:
        layer = layers[name]
        modes = {path: mode for path, mode in modes.items() if not layer.hides(path)}
        modes.update(layer.modes)
        releases = {path: text for path, text in releases.items() if not layer.hides(path)}
        releases.update(layer.releases)
    return notable.told(modes, releases)


def read(stream: IO[bytes], deadline: Deadline) -> tuple[dict[str, Layer], bytes]:
    """The reduced layers by name, and the text of manifest.json."""
    layers: dict[str, Layer] = {}
    manifest = b""
    entries = 0  # of all layers that are kept
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if deadline.left() <= 0:
                raise TimeoutError
            archive.members = []  # type: ignore[attr-defined]  # tarfile would keep every header in memory
            content = archive.extractfile(member) if member.isfile() else None
            if content is None:
                if member.issym() and member.name.endswith("/layer.tar"):  # a layer that occurs twice
                    layers[member.name] = layers[member.linkname.replace("../", "", 1)]
                continue
            if member.name == "manifest.json":
                manifest = content.read(MAX_MANIFEST)
            elif member.name.endswith("/layer.tar") or member.name.startswith("blobs/"):
                try:
                    layer = layers[member.name] = reduced(content, deadline, MAX_ENTRIES - entries)
                    entries += len(layer.present) + len(layer.folders) + len(layer.hidden)
                except tarfile.ReadError:
                    continue  # a blob that is no layer
    return layers, manifest


def reduced(content: IO[bytes], deadline: Deadline, limit: int = MAX_ENTRIES) -> Layer:
    """One layer's tar (plain or compressed) of at most ``limit`` entries, reduced as it passes."""
    layer = Layer()
    with tarfile.open(fileobj=content, mode="r|*") as archive:
        for count, member in enumerate(archive):
            if deadline.left() <= 0 or count > limit:
                raise TimeoutError
            archive.members = []  # type: ignore[attr-defined]  # tarfile would keep every header in memory
            path = posixpath.normpath("/" + member.name.lstrip("/"))  # a leading dot may be the name's own
            folder, _, name = path.rpartition("/")
            if name == ".wh..wh..opq":
                layer.opaque.add(folder)
            elif name.startswith(".wh."):
                layer.hidden.add(folder + "/" + name[4:])
            elif member.isdir() and path != "/":
                layer.folders.add(path)
                keep(layer, path, stat.S_IFDIR | member.mode)
            elif path != "/":
                layer.present.add(path)
                if member.isfile() or member.islnk():
                    keep(layer, path, stat.S_IFREG | member.mode)
                release = archive.extractfile(member) if member.isreg() and path in notable.RELEASES else None
                if release is not None:
                    layer.releases[path] = release.read(notable.MAX_RELEASE).decode("utf-8", "replace")
    return layer


def keep(layer: Layer, path: str, mode: int) -> None:
    """Remember an entry that is worth a word."""
    if notable.notable(path, mode):
        layer.modes[path] = mode
