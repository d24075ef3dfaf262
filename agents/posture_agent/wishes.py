"""What the server wishes, as its answer to the last check-in says."""

from __future__ import annotations

from .fitting import usable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .journal import Journal

SHORTEST, LONGEST = 10, 86400  # seconds between collections
MOST_BYTES = 2**53  # of a day; a longer number has no room in the journal


class Wishes:
    """Lasting ones are in the journal. ``first_interval``: the one of the enrolment, in seconds."""

    def __init__(self, journal: Journal, first_interval: int) -> None:
        self.journal = journal
        self.first_interval = first_interval
        self.collect = False  # a fresh collection at once
        self.rotate = False  # a new token and key
        self.deliver = False  # the facts

    @property
    def interval(self) -> int:
        """Seconds between collections."""
        return self.journal.interval or self.first_interval

    def heed(self, answer: dict[str, Any]) -> None:
        """Take those that an answer to a check-in holds."""
        interval, daily = answer.get("interval"), answer.get("daily_bytes")
        if isinstance(interval, int) and SHORTEST <= interval <= LONGEST:
            self.journal.interval = interval
        self.journal.limits = usable(answer.get("limits"))
        self.journal.daily_bytes = daily if isinstance(daily, int) and 0 < daily <= MOST_BYTES else None
        self.collect = answer.get("collect") is True
        self.rotate = answer.get("rotate") is True
        self.deliver = answer.get("deliver") is True
