"""Hours in which nobody expects a host: weekly windows of a clock on the wall, and their arithmetic. No database."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

Span = tuple[datetime, datetime]  # UTC, the end is outside

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
MOST_WINDOWS = 14
# At least so much of each week is left: who never expects a host could never miss it.
LEAST_EXPECTED = timedelta(hours=1)
USUAL = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
WEEKS_BACK = 26  # in which a day of expected hours is found, an hour a week at least


class WrongWindow(ValueError):
    """A window that is none; ``place`` counts from 0, None where it is about all together."""

    def __init__(self, place: int | None, reason: str) -> None:
        super().__init__(reason)
        self.place = place


@dataclass(frozen=True, slots=True)
class Window:
    """On the ``days`` (Monday is 0) from ``begin`` to ``end``; an end at or before the begin is the next day's."""

    days: frozenset[int]
    begin: time
    end: time

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Begin and end on the wall's clock when it begins on this day."""
        last = day if self.end > self.begin else day + DAY
        return datetime.combine(day, self.begin), datetime.combine(last, self.end)

    def to_json(self) -> dict[str, object]:
        return {"days": sorted(self.days), "from": f"{self.begin:%H:%M}", "to": f"{self.end:%H:%M}"}


@dataclass(frozen=True, slots=True)
class OfflineHours:
    """All windows, on the clock of one time zone (an IANA name)."""

    windows: tuple[Window, ...]
    zone: str = "UTC"

    def spans(self, from_at: datetime, to_at: datetime) -> list[Span]:
        """The planned spans between two moments, in order, apart from one another, cut at both."""
        return merged((max(begin, from_at), min(end, to_at)) for begin, end in self.around(from_at, to_at))

    def around(self, from_at: datetime, to_at: datetime) -> Iterator[Span]:
        """Every window that may touch the time between two moments, whole."""
        zone = ZoneInfo(self.zone)
        # A window reaches into the next day, and clocks have moved by up to a day.
        day, last = from_at.astimezone(zone).date() - 3 * DAY, to_at.astimezone(zone).date() + 2 * DAY
        while day <= last:
            for window in self.windows:
                if day.weekday() in window.days:
                    begin, end = window.bounds(day)
                    yield min(moments(begin, zone)), max(moments(end, zone))
            day += DAY

    def planned(self, from_at: datetime, to_at: datetime) -> timedelta:
        """How much of the time between two moments is planned."""
        return sum((end - begin for begin, end in self.spans(from_at, to_at)), timedelta())

    def away_until(self, at: datetime) -> datetime | None:
        """Until when, not after ``at``, the last planned span went: ``at`` itself within one, None without a window."""
        ended = self.spans(at - 2 * WEEK, at)
        if not ended:
            return None
        return ended[-1][1]

    def owed_since(self, at: datetime, debt: timedelta) -> datetime:
        """The moment from which on ``debt`` of unplanned time has gone by until ``at``."""
        end = at
        for _week in range(WEEKS_BACK):
            start = end - WEEK
            for begin, until in reversed(free(self.spans(start, end), start, end)):
                if until - begin >= debt:
                    return until - debt
                debt -= until - begin
            end = start
        return end


def merged(spans: Iterator[Span]) -> list[Span]:
    """The same time as spans in order that do not touch; empty ones are left out."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def free(spans: Sequence[Span], from_at: datetime, to_at: datetime) -> list[Span]:
    """What ``spans`` (in order, apart) leave of the time between two moments."""
    edges = [from_at, *(edge for span in spans for edge in span), to_at]
    return [(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end]


def moments(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """What a time on the wall can mean in UTC: two moments where the clock is changed, else one twice.

    Windows take the earlier one as their begin and the later one as their end: where a clock change makes a bound
    doubtful, nobody is missed too early.
    """
    earlier, later = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return earlier, later


def read_hours(windows: Sequence[object], zone: str) -> OfflineHours:
    """What a group keeps as JSON. Raises WrongWindow with the place of the window that is none."""
    if zone not in zones():
        raise WrongWindow(None, "zone")
    if len(windows) > MOST_WINDOWS:
        raise WrongWindow(None, "many")
    hours = OfflineHours(tuple(read_window(one, place) for place, one in enumerate(windows)), zone)
    # A week without clock changes: what is asked is how much of a usual one is left.
    plain = OfflineHours(hours.windows)
    if plain.windows and WEEK - plain.planned(USUAL, USUAL + WEEK) < LEAST_EXPECTED:
        raise WrongWindow(None, "always")
    return hours


def read_window(value: object, place: int) -> Window:
    if not isinstance(value, dict):
        raise WrongWindow(place, "days")
    days, begin, end = value.get("days"), value.get("from"), value.get("to")
    if not isinstance(days, list) or not days or not all(type(day) is int and 0 <= day < 7 for day in days):
        raise WrongWindow(place, "days")
    return Window(frozenset(days), read_time(begin, place, "from"), read_time(end, place, "to"))


def read_time(value: object, place: int, name: str) -> time:
    """ "HH:MM"."""
    if not isinstance(value, str) or not CLOCK.fullmatch(value):
        raise WrongWindow(place, name)
    return time.fromisoformat(value)


@cache
def zones() -> frozenset[str]:
    """The names of time zones that this machine knows."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}
