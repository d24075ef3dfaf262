"""The time that a trend shows."""

from datetime import datetime, timedelta

from posture.dashboard.request import Asked

RANGES = ("1", "7", "30", "90", "365")
DEFAULT = "30"
SHORTEST = timedelta(minutes=10)


def trend_start(asked: Asked, *, first_at: datetime | None) -> tuple[str, datetime]:
    """The chosen number of days and the moment where the trend begins.

    Unless a person chose, a young host or fleet begins where it began: a month of nothing would hide its first hour.
    """
    days = asked.choice("days", RANGES, DEFAULT)
    start = asked.moment - timedelta(days=int(days))
    if "days" not in asked.query and first_at is not None and first_at > start:
        start = min(first_at - (asked.moment - first_at) / 20, asked.moment - SHORTEST)
    return days, start
