"""Time on the horizontal axis: where a moment lies, which labels stand below, which parts are gaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = 24 * 60
# Minutes between labels: on a host's first day there is no midnight to name yet.
STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720),
    *(days * DAY for days in (1, 2, 3, 7, 14, 28, 56, 91, 182, 365, 730)),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without data; ``planned``: nobody expected any; ``dropped``: facts changed and were not kept."""

    from_at: datetime
    to_at: datetime
    planned: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps moments to horizontal pixels."""

    from_at: datetime
    to_at: datetime
    left: float
    right: float

    def x(self, at: datetime) -> float:
        """The place of a moment, kept within the plot."""
        span = (self.to_at - self.from_at).total_seconds() or 1.0
        share = (at - self.from_at).total_seconds() / span
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def ticks(self, spacing: float = 72.0) -> list[datetime]:
        """Midnights in the zone of ``from_at``, about ``spacing`` pixels apart; of a short time also hours between."""
        room = max(int((self.right - self.left) / spacing), 1)
        minutes = (self.to_at - self.from_at) / timedelta(minutes=1)
        step = next((step for step in STEPS if minutes / step <= room), STEPS[-1])
        midnight = self.from_at.replace(hour=0, minute=0, second=0, microsecond=0)
        passed = (self.from_at - midnight) / timedelta(minutes=1)
        at = midnight + timedelta(minutes=-(-passed // min(step, DAY)) * min(step, DAY))
        found = []
        while at <= self.to_at:
            found.append(at)
            at += timedelta(minutes=step)
        return found


def without_gaps(from_at: datetime, to_at: datetime, gaps: Sequence[Gap]) -> Iterable[tuple[datetime, datetime]]:
    """The parts of a time that no gap covers, in order."""
    start = from_at
    for gap in sorted(gaps, key=lambda gap: gap.from_at):
        if gap.to_at <= start or gap.from_at >= to_at:
            continue
        if gap.from_at > start:
            yield start, gap.from_at
        start = max(start, gap.to_at)
    if start < to_at:
        yield start, to_at
