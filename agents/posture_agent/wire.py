"""What travels: canonical JSON, the digest, moments, and the envelope of snapshots and check-ins (docs/protocol.md)."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time

from . import PROTOCOL, VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8. Lone surrogates, which UTF-8 cannot say, become question marks."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")


def digest(facts: Any) -> str:
    """``sha256:`` and the hex digest of the canonical form."""
    return "sha256:" + hashlib.sha256(canonical(facts)).hexdigest()


def moment(seconds: float) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    whole = int(seconds)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return "%s.%03dZ" % (stamp, min(999, int((seconds - whole) * 1000)))


def random_identifier() -> str:
    """A random UUID (version 4) as text; without the uuid module, which costs memory."""
    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = bytes(raw).hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def boot_identifier() -> str:
    """The kernel's random id of this boot."""
    try:
        with open(BOOT_ID) as file:
            return file.read().strip()
    except OSError:
        return "00000000-0000-0000-0000-000000000000"


def monotonic() -> float:
    """Seconds since boot, suspended time included where the kernel tells it."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return round(time.clock_gettime(clock), 3)


def agent_info(interval: int) -> dict[str, Any]:
    """AgentInfo of this program."""
    return {"Version": VERSION, "Python": ".".join(str(part) for part in sys.version_info[:3]), "Interval": interval}


def check_in(position: dict[str, Any], interval: int, measurements: dict[str, Any]) -> dict[str, Any]:
    """A CheckIn. ``position``: installation, sequence, previous_digest, digest, observed_at of the collection."""
    return dict(
        position,
        protocol=PROTOCOL,
        boot_id=boot_identifier(),
        monotonic=monotonic(),
        sent_at=moment(time.time()),
        agent=agent_info(interval),
        measurements=measurements,
    )


def snapshot(request: dict[str, Any], facts: Any, volatile: Any, duration: float) -> dict[str, Any]:
    """The Snapshot that belongs to a check-in."""
    return dict(request, id=random_identifier(), facts=facts, volatile=volatile, duration=round(duration, 3))
