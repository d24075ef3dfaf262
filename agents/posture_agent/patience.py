"""How long the server is left alone: as it asked, and for a random time that grows with failures."""

from __future__ import annotations

import os
import re

from .clock import DAY, days_to, wall_clock

MAX_WAIT = 3600.0  # seconds; a longer Retry-After is not believed
FIRST_SPAN = 15.0  # seconds; doubles with each failure
LONGEST_SPAN = 1800.0
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT")


def chance() -> float:
    """A random number in [0, 1)."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


def pause(failures: int, asked: float) -> float:
    """Seconds to wait after so many failures before this one: what the server asked for, and full jitter.

    The jitter comes on top: a fleet that was told to come back in a minute must not come back as one.
    """
    return asked + min(LONGEST_SPAN, FIRST_SPAN * 2.0 ** min(failures, 16)) * chance()


def retry_after(header: str, date: str = "") -> float:
    """Seconds of a Retry-After header, in seconds or as a date; 0 where there is none. ``date``: the Date header.

    The date is compared with the server's own, because this machine's clock may be wrong.
    """
    header = header.strip()
    if re.fullmatch("[0-9]{1,300}", header):
        return min(MAX_WAIT, float(header))
    then = http_date(header)
    if then is None:
        return 0.0
    now = http_date(date.strip())
    return min(MAX_WAIT, max(0.0, then - (wall_clock() if now is None else now)))


def http_date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date (RFC 9110); None for anything else."""
    found = DATE.fullmatch(text)
    if found is None or found.group(2) not in MONTHS:
        return None
    day, year, hour, minute, second = (int(found.group(place)) for place in (1, 3, 4, 5, 6))
    days = days_to(year, MONTHS.index(found.group(2)) + 1, day)
    return float(days * DAY + hour * 3600 + minute * 60 + second)
