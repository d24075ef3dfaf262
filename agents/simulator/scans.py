"""What a scanner would say of an image: known vulnerabilities grow with the age of a release, and fixes with them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any


def scan_facts(identity: str, built: datetime, scanned: datetime) -> dict[str, Any]:
    """The result for an image at the moment of the last scan; ``identity`` is its id."""
    chance = int(hashlib.sha256(identity.encode()).hexdigest(), 16)
    weeks = max(0, (scanned - built).days // 7)
    high = weeks * (chance % 3) // 2 + chance // 8 % 3
    critical = weeks * (chance // 3 % 3) // 8
    return {
        "Scanner": "trivy",
        "ScannedAt": scanned.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Critical": critical,
        "High": high,
        "Medium": 3 * high + chance // 64 % 9,
        "Low": 20 + chance // 512 % 60,
        "FixableCritical": critical - critical // 3,
        "FixableHigh": high // 2,
    }
