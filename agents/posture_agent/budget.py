"""The daily byte budget: when it is spent, only check-ins go until the next UTC day."""

from __future__ import annotations

from .clock import DAY, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .journal import Journal

HEAD = 400  # bytes of HTTP around a body, about


def turn(journal: Journal, now: float) -> None:
    """Begin a new count where a new day has begun. ``now``: seconds since 1970."""
    day = moment(now)[:10]
    if journal.day != day:
        journal.day, journal.bytes, journal.carried = day, 0, 0


def allows(journal: Journal, size: int, now: float) -> bool:
    """Whether a body of this size may go today. One that is larger than a whole budget goes first on its day."""
    turn(journal, now)
    if journal.daily_bytes is None or journal.bytes + size + HEAD <= journal.daily_bytes:
        return True
    return size + HEAD > journal.daily_bytes and not journal.carried


def seconds_left(now: float) -> float:
    """Until the next UTC day begins."""
    return DAY - now % DAY
