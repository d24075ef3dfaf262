"""What a scanner found in an image."""

from collections.abc import Mapping

from msgspec import UnsetType

from posture.facts.moments import canonical_moment, parse_moment
from posture.facts.observed import ABSENT, FAILED
from posture.facts.values import Unseen, Value
from posture.facts.wire.image import ImageScan

_NAMES = ("ScannedAt", "CriticalVulnerabilities", "HighVulnerabilities", "FixableCritical", "FixableHigh")


def scan_facts(scan: ImageScan | None | UnsetType, unseen: Unseen) -> Mapping[str, Value]:
    """``unseen``: why, when the results of scanners could not be read. An image that was not scanned has no counts."""
    if isinstance(scan, UnsetType):
        return dict.fromkeys(("Scanned", *_NAMES), unseen)
    if scan is None:
        return {"Scanned": False, **dict.fromkeys(_NAMES, ABSENT)}
    moment = parse_moment(scan.ScannedAt)
    return {
        "Scanned": True,
        "ScannedAt": FAILED if moment is None else canonical_moment(moment),
        "CriticalVulnerabilities": scan.Critical,
        "HighVulnerabilities": scan.High,
        "FixableCritical": scan.FixableCritical,
        "FixableHigh": scan.FixableHigh,
    }
