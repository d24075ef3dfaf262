"""Reports of Trivy: ``trivy image --format json``, schema version 2."""

from __future__ import annotations

from ..shape import words
from . import severities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

NEEDED = words(
    "SchemaVersion ArtifactType CreatedAt Metadata ImageID RepoTags RepoDigests Results Class Vulnerabilities Severity "
    "FixedVersion"
)
PACKAGES = ("os-pkgs", "lang-pkgs")  # classes of results in which vulnerabilities are looked for


def report(content: Any, modified: float) -> dict[str, Any] | None:
    """A kept report; None when this is no scan of an image for vulnerabilities. ``modified``: the file's time."""
    if not isinstance(content, dict) or content.get("ArtifactType") != "container_image":
        return None
    results = content.get("Results") or []
    if not any(result.get("Class") in PACKAGES or "Vulnerabilities" in result for result in results):
        return None  # it looked for something else, or found no packages
    image = content.get("Metadata") or {}
    names = [image.get("ImageID") or ""] + (image.get("RepoDigests") or [])
    scanned_at = severities.utc(content.get("CreatedAt"), modified)
    return severities.report("trivy", scanned_at, names, image.get("RepoTags") or [], found(results))


def found(results: list[Any]) -> Iterator[tuple[str, bool]]:
    """Severity of each vulnerability, and whether a fixed version is out."""
    for result in results:
        for one in result.get("Vulnerabilities") or []:
            yield str(one.get("Severity", "")), bool(one.get("FixedVersion"))
