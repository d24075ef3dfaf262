"""One collection, and what is said of it."""

from __future__ import annotations

import os

from .child import collect
from .clock import boot_clock, boot_identifier, moment, wall_clock
from .wire import check_in, digest, snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .scope import Options

MEMORIES = ("contents.json", "scans.json")  # what collections remember of those before


class Cycle:
    """The requests of one collection, but for what their sending adds; ``place``: a Position's content."""

    def __init__(self, place: dict[str, Any], check_in: dict[str, Any], snapshot: dict[str, Any]) -> None:
        self.place = place
        self.check_in = check_in
        self.snapshot = snapshot

    @property
    def sequence(self) -> int:
        """The collection's number."""
        return int(self.place["sequence"])

    @property
    def changed(self) -> bool:
        """Whether the facts differ from those of the collection before."""
        return bool(self.place["digest"] != self.place["previous_digest"])


def collected(options: Options, advance: Any, interval: int) -> Cycle:
    """Collect and make the requests. ``advance``: as ``Position.advance``. Raises Uncollected before it is numbered."""
    observed_at, clock, boot = moment(wall_clock()), boot_clock(), boot_identifier()
    found = collect(options)
    place = advance(digest(found.facts), observed_at, boot, clock)
    request = check_in(place, interval, found.measurements)
    duration = max(0.0, boot_clock() - clock)
    return Cycle(place, request, snapshot(request, found, duration))


def forget_memories(options: Options) -> None:
    """Let the next collection read everything anew."""
    for path in filter(None, map(options.kept, MEMORIES)):
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
