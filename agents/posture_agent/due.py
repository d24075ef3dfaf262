"""Whether there is anything to do: asked by a timer every minute, and so nearly free.

``schedule.json`` holds moments of the boot's clock, which no change of the date moves: ``boot`` (its id),
``collect_at`` and ``deliver_at`` (seconds since boot; the latter only while something waits).
"""

from __future__ import annotations

from .clock import boot_clock, boot_identifier
from .storage import json_bytes, overwrite, read_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

SIZE = 256  # bytes of the file: overwritten in place, so that a full disk makes nobody collect every minute
EARLY = 30.0  # seconds: half of what lies between two questions, so that intervals are right on average
FARTHEST = 2 * 86400.0  # no interval and no pause is longer: what lies further ahead was not written by us


def plan(path: str, collect_in: float, deliver_in: Optional[float] = None) -> None:
    """Write down in how many seconds a collection is due and, while something waits, its delivery. Raises OSError."""
    now = boot_clock()
    content = {"boot": boot_identifier(), "collect_at": now + collect_in}
    if deliver_in is not None:
        content["deliver_at"] = now + deliver_in
    overwrite(path, json_bytes(content).ljust(SIZE - 1) + b"\n")


def left(path: str) -> dict[str, float]:
    """Seconds until ``collect`` and, while something waits, ``deliver`` are due; below zero when they are overdue.

    A collection is due at once where nothing is known: before the first one, after a boot, or when the file is damaged.
    """
    try:
        content: Any = read_json(path)
        if content is None or content["boot"] != boot_identifier():
            return {"collect": 0.0}
        now = boot_clock()
        found = {name: float(content[name + "_at"]) - now for name in ("collect", "deliver") if name + "_at" in content}
    except (OSError, ValueError, LookupError, TypeError):
        return {"collect": 0.0}
    return found if found.get("collect", FARTHEST) < FARTHEST else {"collect": 0.0}


def due(path: str, early: float = EARLY) -> str:
    """ "collect" (``early`` by so many seconds), "deliver" (only what waits), or "" where there is nothing to do."""
    found = left(path)
    if found["collect"] <= early:
        return "collect"
    return "deliver" if found.get("deliver", FARTHEST) <= 0 else ""
