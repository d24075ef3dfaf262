"""Clocks: the wall clock, which anybody may set, and the clock of this boot, which nobody can."""

from __future__ import annotations

import re
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BOOT_ID = "/proc/sys/kernel/random/boot_id"
NO_BOOT = "00000000-0000-0000-0000-000000000000"
MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,6})?Z")
DAY = 86400


def boot_identifier() -> str:
    """The kernel's random id of this boot; zeros where it cannot be read."""
    try:
        with open(BOOT_ID) as file:
            return file.read().strip()
    except OSError:
        return NO_BOOT


def boot_clock() -> float:
    """Seconds since boot, suspended time included where the kernel tells it."""
    return round(time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)), 3)


def wall_clock() -> float:
    """Seconds since 1970 as this machine believes."""
    return time.time()


def moment(seconds: float) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    whole = int(seconds // 1)
    year, month, day = date_of(whole // DAY)
    rest = whole % DAY
    thousandths = min(999, int((seconds - whole) * 1000))
    numbers = (year, month, day, rest // 3600, rest // 60 % 60, rest % 60, thousandths)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % numbers


def seconds_of(text: Any) -> float | None:
    """Seconds since 1970 of a moment; None for anything else."""
    found = MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    return days_to(year, month, day) * DAY + hour * 3600 + minute * 60 + second + float("0" + (found.group(7) or ""))


def days_to(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March: a leap day ends one."""
    year -= month <= 2
    return year * 365 + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 719469


def day_number(year: int, month: int, day: int) -> int:
    """As ``days_to``; raises ValueError for what is no date between the years 1 and 9999.

    The datetime module would know as well, for half a megabyte of memory.
    """
    number = days_to(year, month, day)
    if not 1 <= year <= 9999 or date_of(number) != (year, month, day):
        raise ValueError("there is no such day")
    return number


def date_of(days: int) -> tuple[int, int, int]:
    """The inverse of ``days_to``; works on every platform, which ``time.gmtime`` does not beyond 2038."""
    year = 1970 + days * 400 // 146097
    while days_to(year + 1, 1, 1) <= days:
        year += 1
    while days_to(year, 1, 1) > days:
        year -= 1
    month = 12
    while days_to(year, month, 1) > days:
        month -= 1
    return year, month, days - days_to(year, month, 1) + 1
