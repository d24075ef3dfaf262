"""Reports of Grype: ``grype IMAGE -o json``."""

from __future__ import annotations

from ..shape import words
from . import severities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

NEEDED = words(
    "matches vulnerability severity fix state source type target imageID manifestDigest repoDigests tags descriptor "
    "timestamp"
)


def report(content: Any, modified: float) -> dict[str, Any] | None:
    """A kept report; None when this is no scan of an image. ``modified``: the file's time."""
    source = content.get("source") if isinstance(content, dict) else None
    if not isinstance(source, dict) or source.get("type") != "image" or not isinstance(content.get("matches"), list):
        return None
    image = source["target"]
    names = [image.get("imageID") or "", image.get("manifestDigest") or ""] + (image.get("repoDigests") or [])
    scanned_at = severities.utc((content.get("descriptor") or {}).get("timestamp"), modified)
    return severities.report("grype", scanned_at, names, image.get("tags") or [], found(content["matches"]))


def found(matches: list[Any]) -> Iterator[tuple[str, bool]]:
    """Severity of each vulnerability, and whether a fixed version is out."""
    for match in matches:
        one = match["vulnerability"]
        yield str(one.get("severity", "")), (one.get("fix") or {}).get("state") == "fixed"
