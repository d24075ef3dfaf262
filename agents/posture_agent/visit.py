"""A collection that a server asks for over SSH: its wishes come on standard input, the answer goes to standard output.

Nothing is written on the host.
"""

from __future__ import annotations

import json
import os
import signal
import zlib

from .clock import boot_identifier
from .collection import Options, collect
from .endpoints import endpoints
from .wire import agent_info, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

SCANS = "/var/lib/posture-agent/scans"
MOST_SECONDS = 280  # a collection ends itself earlier; this ends one that hangs


class Visit(Options):
    """What a visit needs to know. ``contents``: what the visit before found in images; changed in place."""

    def __init__(self, endpoints: list[str], key: bytes, contents: dict[str, Any]) -> None:
        Options.__init__(self, endpoints, key, None, scans=SCANS)
        self.contents = contents

    def kept(self, name: str) -> Any:
        """The only thing that is kept between visits, by the server."""
        return self.contents if name == "contents.json" else None


def visit(request: dict[str, Any], source: IO[bytes], target: IO[bytes]) -> None:
    """Answer one request: its ``mark``, the answer's length in ten digits, and the answer as compressed JSON.

    ``request``: mark (hex), key (hex), interval (seconds), engines (endpoints of before), contents (bytes of them that
    follow in ``source``).
    """
    signal.alarm(MOST_SECONDS)
    os.umask(0o077)
    os.nice(10)
    contents = unpacked(source.read(request["contents"]))

    def remembered(found: list[str]) -> list[str]:
        known: list[str] = request["engines"]
        return known + [endpoint for endpoint in found if endpoint not in known]

    options = Visit(endpoints([], dict(os.environ), remembered), bytes.fromhex(request["key"]), contents)
    body = zlib.compress(canonical(answer(options, request["interval"])), 6)
    target.write(("\n%s%010d" % (request["mark"], len(body))).encode() + body)
    target.flush()


def answer(options: Visit, interval: int) -> dict[str, Any]:
    """What the server makes a snapshot of."""
    files = options.files
    found = collect(options)
    uptime = (files.word("/proc/uptime") or "0").split()
    boot = boot_identifier() if files.local else files.word("/proc/sys/kernel/random/boot_id")
    return {
        "facts": found.facts,
        "volatile": found.volatile,
        "measurements": found.measurements,
        "boot_id": boot or "00000000-0000-0000-0000-000000000000",
        "monotonic": float(uptime[0]),
        "agent": dict(agent_info(interval), **({} if files.local else {"Python": "none"})),
        "contents": options.contents,
    }


def unpacked(packed: bytes) -> dict[str, Any]:
    """What the visit before found in images; empty when there was none, or it is damaged."""
    try:
        content = json.loads(zlib.decompress(packed).decode("utf-8", "replace")) if packed else {}
    except (ValueError, zlib.error):
        return {}
    return content if isinstance(content, dict) else {}
