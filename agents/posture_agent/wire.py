"""What travels: canonical JSON, the digest, moments, and the envelope of snapshots and check-ins (docs/protocol.md)."""

from __future__ import annotations

import json
import os
import sys

from . import PROTOCOL, VERSION
from .clock import moment, wall_clock
from .sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

    from .report import Report


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8. Lone surrogates, which UTF-8 cannot say, become question marks."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")


def encoded(value: Any) -> Any:
    """The canonical form of a value; bytes are one already."""
    return value if isinstance(value, (bytes, memoryview)) else canonical(value)


def pieces(values: dict[str, Any]) -> Iterator[Any]:
    """The canonical form of a mapping, piece by piece; values that are encoded already stay as they are."""
    before = b"{"
    for name in sorted(values):
        yield before + canonical(name) + b":"
        yield encoded(values[name])
        before = b","
    yield b"}"


def digest(facts: Any) -> str:
    """``sha256:`` and the hex digest of the canonical form; ``facts``: as ``encoded``."""
    return "sha256:%s" % sha256(encoded(facts)).hexdigest()


def random_identifier() -> str:
    """A random UUID (version 4) as text; without the uuid module, which costs memory."""
    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = bytes(raw).hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def agent_info(interval: int) -> dict[str, Any]:
    """AgentInfo of this program."""
    return {"Version": VERSION, "Python": ".".join(str(part) for part in sys.version_info[:3]), "Interval": interval}


def check_in(place: dict[str, Any], interval: int, measurements: dict[str, Any]) -> dict[str, Any]:
    """A CheckIn but for what its sending adds (``sent``). ``place``: a Position's content, with the installation."""
    return {
        "protocol": PROTOCOL,
        "installation": place["installation"],
        "sequence": place["sequence"],
        "previous_digest": place["previous_digest"],
        "digest": place["digest"],
        "link": place["link"],
        "boot_id": place["boot_id"],
        "monotonic": place["clock"],
        "observed_at": place["observed_at"],
        "agent": agent_info(interval),
        "measurements": measurements,
    }


def snapshot(request: dict[str, Any], report: Report, duration: float) -> dict[str, Any]:
    """The Snapshot that belongs to a check-in, for ``pieces``."""
    words = {"id": random_identifier(), "duration": round(duration, 3)}
    return dict(request, facts=report.facts, volatile=report.volatile, **words)


def sent(message: int, age: float | None) -> dict[str, Any]:
    """What the sending adds to a message. ``age``: seconds since the observation, None where nobody knows."""
    return {"message": message, "age": age, "sent_at": moment(wall_clock())}


def request(installation: str, message: int) -> dict[str, Any]:
    """What a message has that is about the installation rather than about one collection."""
    return {"protocol": PROTOCOL, "installation": installation, "message": message, "sent_at": moment(wall_clock())}
