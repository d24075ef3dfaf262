"""Made-up collections of one installation, chained as real ones are."""

import random
from typing import Any

from agents.posture_agent.chain import first_link
from agents.posture_agent.clock import moment
from agents.posture_agent.passages import passage_of
from agents.posture_agent.position import following
from agents.posture_agent.wire import digest

INSTALLATION = "11111111-1111-4111-8111-111111111111"
BOOTS = ["22222222-2222-4222-8222-22222222222%d" % number for number in range(10)]
INTERVAL = 300


class Host:
    """Collects when it is told to; knows what it ever collected."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)  # noqa: S311 -- contents of test files
        self.place: dict[str, Any] = {
            "installation": INSTALLATION,
            "sequence": 0,
            "digest": None,
            "link": first_link(INSTALLATION),
        }
        self.clock = 1000.0
        self.boot = 0
        self.facts = 0
        self.places: dict[int, dict[str, Any]] = {}

    def collect(self, *, changed: bool = False, pause: float = INTERVAL, reboot: bool = False) -> dict[str, Any]:
        """A passage of one collection (kind "snapshot" where the facts changed)."""
        self.boot = (self.boot + reboot) % len(BOOTS)
        self.clock += pause
        changed = changed or self.place["digest"] is None
        self.facts += changed
        at = moment(1_700_000_000 + self.clock)
        self.place = following(self.place, digest(self.facts), at, BOOTS[self.boot], self.clock)
        self.places[self.place["sequence"]] = self.place
        return passage_of(self.place, "snapshot" if changed else "unchanged", INTERVAL)

    def body(self, size: int) -> bytes:
        """A packed snapshot of this size."""
        return self.random.randbytes(size)
