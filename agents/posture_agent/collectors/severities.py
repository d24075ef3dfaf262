"""Counts of vulnerabilities by severity, and the shape in which one scanner's report is kept."""

from __future__ import annotations

import re

from ..clock import DAY, day_number, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

MAX_COUNT = 2**31
LATEST = 2**31 - 1  # the last second that every system can tell
FIRST, LAST = day_number(1, 1, 1) * DAY, day_number(9999, 12, 31) * DAY + DAY - 1  # of what can be written
STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))\Z", re.ASCII)
IDENTITY = re.compile(r"sha256:[0-9a-f]{64}\Z")


def report(
    scanner: str, scanned_at: str, names: Iterable[Any], tags: Iterable[Any], found: Iterable[tuple[str, bool]]
) -> dict[str, Any]:
    """``names``: ids and digests of the image. ``found``: severity and whether a fix is out, of each vulnerability."""
    counts = dict.fromkeys(("Critical", "High", "Medium", "Low", "FixableCritical", "FixableHigh"), 0)
    for severity, fixable in found:
        word = {"negligible": "Low"}.get(severity.lower(), severity.capitalize())
        for key in (word, "Fixable" + word) if fixable else (word,):
            if key in counts:
                counts[key] = min(counts[key] + 1, MAX_COUNT)
    digests = {str(name).rpartition("@")[2] for name in names}
    scan = dict(counts, Scanner=scanner, ScannedAt=scanned_at)
    return {"scan": scan, "ids": sorted(filter(IDENTITY.match, digests)), "tags": sorted(str(tag) for tag in tags)}


def utc(text: Any, otherwise: float) -> str:
    """An RFC 3339 moment as UTC, to the second; ``otherwise`` (the file's time) when it is none.

    Reckoned without the system's own time, which ends in 2038 on 32-bit boards.
    """
    match = STAMP.match(text) if isinstance(text, str) else None
    if match is None:
        return moment(max(0, min(int(otherwise), LATEST)))
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    sign, hours, minutes = match.group(7), int(match.group(8) or 0), int(match.group(9) or 0)
    if hour > 23 or minute > 59 or second > 59 or hours > 23 or minutes > 59:
        raise ValueError("there is no such moment")
    ahead = (hours * 3600 + minutes * 60) * (-1 if sign == "-" else 1)
    found = day_number(year, month, day) * DAY + hour * 3600 + minute * 60 + second - ahead
    if not FIRST <= found <= LAST:
        raise ValueError("a moment before the first or after the last")
    return moment(found)
