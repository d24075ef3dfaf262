"""Weekly windows in words: "Mon–Fri 20:00–07:00"."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR

DAYS = tuple(range(7))


def write_days(days: Iterable[int]) -> str:
    """Days of the week (Monday is 0), runs of three and more as a range."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(write_run(run) for run in runs)


def write_run(run: Sequence[int]) -> str:
    names = [str(WEEKDAYS_ABBR[day]) for day in run]
    return f"{names[0]}–{names[-1]}" if len(names) > 2 else ", ".join(names)


def write_hours(windows: Iterable[Mapping[str, Any]]) -> str:
    """All windows in one line."""
    return "; ".join(f"{write_days(one['days'])} {one['from']}–{one['to']}" for one in windows)
