"""Small files that survive a crash: written beside, flushed, then renamed into place; readable by the owner only."""

from __future__ import annotations

import json
import os

from .sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def write_file(path: str, data: bytes) -> None:
    """Write ``data`` to ``path`` (mode 0600) so that after a crash the old or the new content is there, whole."""
    temporary = "%s.%d.tmp" % (path, os.getpid())
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        put(temporary, path)
    except BaseException:  # a signal may end the service right here
        try:
            os.unlink(temporary)
        except FileNotFoundError:  # it is in its place: this must not stand in for the signal
            pass
        raise
    sync_folder(os.path.dirname(path))


def put(temporary: str, path: str) -> None:
    """Rename a file into its place; a folder in that place, which is nobody's, is renamed away."""
    try:
        os.replace(temporary, path)
    except IsADirectoryError:
        os.replace(path, path + ".aside")
        os.replace(temporary, path)


def sync_folder(path: str) -> None:
    """Make renames and removals in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def overwrite(path: str, data: bytes) -> None:
    """Write over a file of this very size in place: takes no room on the disk, but a crash may tear it."""
    if not os.path.exists(path) or os.path.getsize(path) != len(data):
        write_file(path, data)
    else:
        rewrite(path, data)


def rewrite(path: str, data: bytes) -> None:
    """Write over a file in place, whatever its size: takes no room where ``data`` takes no more blocks than it had."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.ftruncate(descriptor, len(data))
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def sealed(content: dict[str, Any]) -> bytes:
    """JSON that tells whether it is whole: its key ``sha256`` is the digest of the rest."""
    return json_bytes(dict(content, sha256=sha256(json_bytes(content)).hexdigest()))


def read_sealed(path: str) -> dict[str, Any] | None:
    """What ``sealed`` made; None when there is no such file. Raises ValueError for anything else, and OSError."""
    content = read_json(path)
    if content is None:
        return None
    if not isinstance(content, dict):
        raise ValueError("no object")
    said = content.pop("sha256", None)
    if said != sha256(json_bytes(content)).hexdigest():
        raise ValueError("damaged")
    return content


def read_copies(paths: list[str]) -> tuple[list[dict[str, Any] | None], OSError | None]:
    """What ``sealed`` made, of each path; None for those that are damaged or gone or cannot be read. Why the first of
    the last kind cannot, with its path as ``filename``."""
    found: list[dict[str, Any] | None] = []
    failure = None
    for path in paths:
        try:
            found.append(read_sealed(path))
        except ValueError:
            found.append(None)
        except OSError as error:
            error.filename = path
            failure = failure or error
            found.append(None)
    return found, failure


def json_bytes(value: Any) -> bytes:
    """JSON in one form only."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")


def write_json(path: str, value: Any) -> None:
    """Write ``value`` as JSON."""
    write_file(path, json_bytes(value))


def write_memory(path: str, value: Any) -> None:
    """Write JSON that only spares work; a disk that takes no writing is no reason to stop."""
    try:
        write_json(path, value)
    except OSError:
        return


def read_json(path: str) -> Any:
    """The JSON value in a file; None when there is no such file. Raises ValueError and OSError."""
    try:
        with open(path, "rb") as file:
            return json.loads(file.read().decode("utf-8"))
    except FileNotFoundError:
        return None
