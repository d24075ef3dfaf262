"""Planned hours: whatever the windows and the zone, the clock on the wall decides, over midnight and clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from posture.fleet.offline_hours import (
    LEAST_EXPECTED,
    MOST_WINDOWS,
    WEEK,
    OfflineHours,
    Window,
    WrongWindow,
    free,
    read_hours,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAILY = list(range(7))
times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 15, 30, 59)))
windows = st.builds(Window, st.frozensets(st.integers(0, 6), min_size=1), times, times)
# Half an hour, an hour and two of daylight saving, none, and one that skipped a whole day.
zones = st.sampled_from(("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll",
                         "Asia/Kolkata", "Pacific/Apia"))  # fmt: skip
hours_of = st.builds(OfflineHours, st.lists(windows, max_size=4).map(tuple), zones)
instants = st.datetimes(datetime(2011, 12, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


def paris(year: int, month: int, day: int, hour: int = 0, minute: int = 0, *, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, fold=fold, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


def nights(zone: str = "Europe/Paris", begin: str = "20:00", end: str = "06:00") -> OfflineHours:
    return read_hours([{"days": DAILY, "from": begin, "to": end}], zone)


def on_the_wall(hours: OfflineHours, at: datetime) -> bool:
    """Whether the wall's clock and calendar say "planned", said without any arithmetic of time zones."""
    wall = at.astimezone(ZoneInfo(hours.zone))
    clock, today, yesterday = wall.time(), wall.weekday(), (wall.date() - timedelta(days=1)).weekday()
    for one in hours.windows:
        if one.end > one.begin:
            if today in one.days and one.begin <= clock < one.end:
                return True
        elif (today in one.days and clock >= one.begin) or (yesterday in one.days and clock < one.end):
            return True
    return False


def is_steady(hours: OfflineHours, at: datetime) -> bool:
    """Whether no clock is changed within two days of a moment."""
    zone = ZoneInfo(hours.zone)
    return len({(at + step * HOUR).astimezone(zone).utcoffset() for step in range(-48, 49, 1)}) == 1


@given(hours_of, instants)
def test_the_clock_on_the_wall_decides(hours: OfflineHours, at: datetime) -> None:
    assume(is_steady(hours, at))
    assert bool(hours.spans(at, at + timedelta(microseconds=1))) is on_the_wall(hours, at)


@given(hours_of, instants, st.integers(1, 20 * 24 * 60))
def test_spans_are_in_order_apart_and_within(hours: OfflineHours, at: datetime, minutes: int) -> None:
    until = at + minutes * MINUTE
    spans = hours.spans(at, until)
    edges = [at, *(edge for span in spans for edge in span), until]
    assert edges == sorted(edges)
    assert all(first[1] < second[0] for first, second in pairwise(spans))
    rest = sum((end - begin for begin, end in free(spans, at, until)), timedelta())
    assert rest + hours.planned(at, until) == until - at


@given(hours_of, instants, st.integers(0, 10 * 24 * 60), st.integers(0, 10 * 24 * 60))
def test_planned_time_adds_up(hours: OfflineHours, at: datetime, first: int, second: int) -> None:
    middle, end = at + first * MINUTE, at + (first + second) * MINUTE
    assert hours.planned(at, middle) + hours.planned(middle, end) == hours.planned(at, end)


@given(hours_of, instants, st.integers(1, 30))
def test_a_debt_is_exactly_the_unplanned_time(hours: OfflineHours, at: datetime, debt: int) -> None:
    assume(WEEK - OfflineHours(hours.windows).planned(at, at + WEEK) > 4 * HOUR)
    since = hours.owed_since(at, debt * HOUR)
    assert at - since - hours.planned(since, at) == debt * HOUR


@given(hours_of, instants)
def test_away_until_is_the_last_end(hours: OfflineHours, at: datetime) -> None:
    until = hours.away_until(at)
    if until is None:
        assert not hours.windows
        return
    assert until <= at
    assert hours.planned(until, at) == timedelta()
    assert hours.planned(until - MINUTE, until) > timedelta()


def test_a_night_that_loses_an_hour_and_one_that_gains_one() -> None:
    spring, autumn = (
        (paris(2026, 3, 28, 12), paris(2026, 3, 29, 12)),
        (paris(2026, 10, 24, 12), paris(2026, 10, 25, 12)),
    )
    assert nights().spans(*spring) == [(paris(2026, 3, 28, 20), paris(2026, 3, 29, 6))]
    assert nights().planned(*spring) == 9 * HOUR
    assert nights().planned(*autumn) == 11 * HOUR


def test_doubtful_bounds_make_the_window_longer() -> None:
    change = date(2026, 3, 29)  # from 02:00 to 03:00 there is no time in Paris
    begin, end = nights(begin="02:30", end="05:00").spans(paris(2026, 3, 29), paris(2026, 3, 29, 12))[0]
    assert (begin, end) == (paris(2026, 3, 29, 1, 30), paris(2026, 3, 29, 5))
    begin, end = nights(begin="01:00", end="02:30").spans(paris(2026, 3, 29), paris(2026, 3, 29, 12))[0]
    assert (begin, end) == (paris(2026, 3, 29, 1), paris(2026, 3, 29, 3, 30))
    assert change.weekday() == 6
    # From 02:00 to 03:00 there are two times.
    begin, end = nights(begin="02:15", end="02:45").spans(paris(2026, 10, 25), paris(2026, 10, 25, 12))[0]
    assert (begin, end) == (paris(2026, 10, 25, 2, 15), paris(2026, 10, 25, 2, 45, fold=1))


def test_windows_over_midnight_belong_to_the_day_they_begin_on() -> None:
    friday = read_hours([{"days": [4], "from": "22:00", "to": "04:00"}], "UTC")
    assert friday.spans(datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)) == [
        (datetime(2026, 11, 20, 22, tzinfo=UTC), datetime(2026, 11, 21, 4, tzinfo=UTC))
    ]
    whole = read_hours([{"days": [5, 6], "from": "00:00", "to": "00:00"}], "UTC")  # equal times: a whole day
    assert whole.spans(datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)) == [
        (datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("value", "zone", "place", "reason"),
    [
        ([], "Mars/Olympus", None, "zone"),
        ([], "../../etc/passwd", None, "zone"),
        ([{"days": DAILY, "from": "00:00", "to": "00:00"}], "UTC", None, "always"),
        ([{"days": [1], "from": "00:00", "to": "01:00"}] * (MOST_WINDOWS + 1), "UTC", None, "many"),
        (
            [{"days": [1], "from": "00:00", "to": "01:00"}, {"days": [], "from": "00:00", "to": "01:00"}],
            "UTC",
            1,
            "days",
        ),
        ([{"days": [7], "from": "00:00", "to": "01:00"}], "UTC", 0, "days"),
        ([{"days": [True], "from": "00:00", "to": "01:00"}], "UTC", 0, "days"),
        ([{"days": [1], "from": "24:00", "to": "01:00"}], "UTC", 0, "from"),
        ([{"days": [1], "from": "00:00", "to": "1:00"}], "UTC", 0, "to"),
        (["night"], "UTC", 0, "days"),
    ],
)
def test_what_is_no_window_is_named(value: list[Any], zone: str, place: int | None, reason: str) -> None:
    with pytest.raises(WrongWindow, match=f"^{reason}$") as caught:
        read_hours(value, zone)
    assert caught.value.place == place


def test_all_but_an_hour_of_the_week_may_be_planned() -> None:
    longest = [
        {"days": [0, 1, 2, 3, 4, 5], "from": "00:00", "to": "00:00"},
        {"days": [6], "from": "01:00", "to": "00:00"},
    ]
    hours = read_hours(longest, "Europe/Paris")
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    since = hours.owed_since(at, timedelta(hours=24))
    assert at - since - hours.planned(since, at) == timedelta(hours=24)
    assert timedelta(weeks=23) < at - since < timedelta(weeks=24)
    assert LEAST_EXPECTED == HOUR
    assert OfflineHours(()).away_until(at) is None
