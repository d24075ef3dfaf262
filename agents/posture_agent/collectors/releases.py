"""How old kernel and operating system are: when the running kernel was built, how long the system gets updates."""

from __future__ import annotations

import re

from ..clock import day_number
from ..hostfiles import HostFiles
from .identity import os_release

TYPE_CHECKING = False
if TYPE_CHECKING:
    Day = tuple[int, int, int]  # year, month, day

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
NUMBERED = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")  # Debian's "(2024-11-22)", Alpine's
DAY_FIRST = re.compile(r"\b(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4})\b")  # Arch's "Tue, 05 Nov 2024 16:11:25 +0000"
CLASSIC = re.compile(r"\b([A-Za-z]{3}) +(\d{1,2}) +\d\d:\d\d:\d\d(?: +\S+)? +(\d{4})\b")  # date(1)'s, of most others
EARLIEST = 1995  # builds that shall be alike everywhere say 1970 or 1980: no date


def collect(files: HostFiles) -> dict[str, str]:
    """KernelBuilt and OsSupportEnd, as far as the host says them."""
    version = files.word("/proc/sys/kernel/version") or files.system().version
    ends = re.fullmatch(r"\d{4}-\d\d-\d\d", os_release(files).get("SUPPORT_END", ""))
    days = {"KernelBuilt": built(version), "OsSupportEnd": numbered(ends.group(0)) if ends else None}
    return {name: "%04d-%02d-%02dT00:00:00Z" % day for name, day in days.items() if day is not None}


def built(version: str) -> Day | None:
    """The day in ``uname -v``; None where it has none, or one that a reproducible build made up."""
    day = numbered(version) or day_first(version) or classic(version)
    return day if day is not None and day[0] >= EARLIEST else None


def numbered(text: str) -> Day | None:
    found = NUMBERED.search(text)
    return day_of(found.group(1), found.group(2), found.group(3)) if found else None


def day_first(text: str) -> Day | None:
    found = DAY_FIRST.search(text)
    return day_of(found.group(3), month(found.group(2)), found.group(1)) if found else None


def classic(text: str) -> Day | None:
    found = CLASSIC.search(text)
    return day_of(found.group(3), month(found.group(1)), found.group(2)) if found else None


def month(name: str) -> str:
    """Its number; 0 for no month."""
    return str(MONTHS.index(name.lower()) + 1 if name.lower() in MONTHS else 0)


def day_of(year: str, month: str, day: str) -> Day | None:
    found = int(year), int(month), int(day)
    try:
        day_number(*found)
    except ValueError:
        return None
    return found
