"""Results of vulnerability scanners that somebody left on the host: JSON files of Trivy and Grype.

Only counts leave. What a file says is kept by its name, time and size, so that each is read once.
"""

from __future__ import annotations

import json
import os
import stat
from itertools import islice

from ..hostfiles import HostFiles
from ..reading import ABSENT, MALFORMED, TIMED_OUT, TOO_LARGE, Deadline, Unreadable
from ..storage import read_json, write_memory
from . import grype, trivy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

MAX_BYTES = 32 * 1024 * 1024  # of one file
MAX_FILES = 256  # of the newest
MAX_LISTED = 20_000  # among which those are looked for
MAX_DEPTH = 3  # folders below the first
SECONDS = 20.0
FORM = 1
# The keys that the readers look at; everything else of a report is dropped while it is being parsed.
NEEDED = trivy.NEEDED | grype.NEEDED
DOCKER_HUB = ("index.docker.io/", "docker.io/", "library/")


class Scans:
    """Scans by what they say they are of."""

    def __init__(self, reports: list[dict[str, Any]]) -> None:
        newest_first = sorted(reports, key=lambda report: str(report["scan"]["ScannedAt"]), reverse=True)
        self.reports = newest_first

    def of(self, image: dict[str, Any]) -> dict[str, Any] | None:
        """ImageScan of an Image; null when there is none."""
        own = {image["Id"]} | {digest.rpartition("@")[2] for digest in image.get("RepoDigests") or []}
        tags = {short_name(tag) for tag in image.get("RepoTags") or []}
        for report in self.reports:
            # A tag moves on: it counts only where the report does not say which image it meant.
            tagged = not report["ids"] and tags.intersection(map(short_name, report["tags"]))
            if tagged or own.intersection(report["ids"]):
                scan: dict[str, Any] = report["scan"]
                return scan
        return None


def collect(files: HostFiles, folder: str | None, cache: str | None) -> Scans:
    """Every report below ``folder``. Raises OSError when it cannot be read, Unreadable when that takes too long."""
    if folder is None or missing(files, folder):
        raise Unreadable(
            ABSENT, "There is no folder of scan results; docs/agent.md says where scanners may leave them."
        )
    deadline = Deadline(SECONDS)
    known = cached(cache)
    used: dict[str, Any] = {}
    late = False
    listed = list(islice(candidates(files.path(folder), 0), MAX_LISTED + 1))
    if len(listed) > MAX_LISTED:
        raise Unreadable(TOO_LARGE, "The folder of scan results holds more than %d files." % MAX_LISTED)
    found = sorted(listed, key=lambda one: (-one[1].st_mtime, one[0]))
    for path, status in found[:MAX_FILES]:
        stamp = [status.st_mtime_ns, status.st_size, status.st_ino]
        entry = known.get(path)
        if entry is None or entry["stamp"] != stamp:
            if deadline.left() <= 0:
                late = True
                continue
            entry = {"stamp": stamp, "report": report_in(path)}
        used[path] = entry
    if cache and used != known:
        write_memory(cache, {"form": FORM, "files": used})
    if late:
        raise Unreadable(TIMED_OUT, "Not all scan results could be read at once; the next collection goes on.")
    return Scans([entry["report"] for entry in used.values() if entry["report"] is not None])


def missing(files: HostFiles, folder: str) -> bool:
    """Whether there is no such folder; one that may not be looked at is not missing. Raises OSError."""
    try:
        files.stat(folder)
    except FileNotFoundError:
        return True
    return False


def cached(path: str | None) -> dict[str, Any]:
    """What earlier collections read; a cache that cannot be read is an empty one."""
    try:
        content = read_json(path) if path else None
    except (OSError, ValueError):
        return {}
    return content["files"] if isinstance(content, dict) and content.get("form") == FORM else {}


def candidates(folder: str, depth: int) -> Iterator[tuple[str, os.stat_result]]:
    """Files that may be reports: regular, of bounded size, of root or of us, and not for others to write."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH:
                    yield from candidates(entry.path, depth + 1)
            elif entry.name.endswith(".json") and trusted(entry.stat(follow_symlinks=False)):
                yield entry.path, entry.stat(follow_symlinks=False)


def trusted(status: os.stat_result) -> bool:
    """Whether a file can be believed, and read. An access list of a file shows in the bits of its group."""
    others = stat.S_IWOTH if status.st_gid in (0, os.getegid()) else stat.S_IWOTH | stat.S_IWGRP
    own = status.st_uid in (0, os.geteuid()) and not status.st_mode & others
    return own and stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES


def report_in(path: str) -> dict[str, Any] | None:
    """scan (ImageScan), ids and tags of a file; None when it is no report of an image that we can read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not trusted(status):
                return None
            # Latin-1 takes one byte a character; all that is looked at is ASCII.
            text = file.read(MAX_BYTES).decode("latin-1")
        content = json.loads(text, object_hook=needed)
        return trivy.report(content, status.st_mtime) or grype.report(content, status.st_mtime)
    except (OSError, RecursionError, *MALFORMED):
        return None


def needed(value: dict[str, Any]) -> dict[str, Any]:
    """The parts of a JSON object that the readers look at."""
    return {key: value[key] for key in NEEDED if key in value}


def short_name(tag: str) -> str:
    """A tag without what the Docker Hub lets people leave out."""
    for prefix in DOCKER_HUB:
        if tag.startswith(prefix):
            tag = tag[len(prefix) :]
    return tag
