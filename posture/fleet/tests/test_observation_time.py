"""When an observation was made, whatever the clocks say."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from posture.fleet.services.observation_time import EARLIEST, TICK, corrected, settled

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
WILD = st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))


@given(age=st.floats(0, 86_400 * 365), said=WILD, sent=WILD, travel=st.floats(0, 0.9))
def test_an_age_is_right_within_a_second_whatever_the_clocks_say(
    age: float, said: datetime, sent: datetime, travel: float
) -> None:
    truth = NOW - timedelta(seconds=age + travel)
    seen = corrected(observed_at=said, sent_at=sent, age=age, now=NOW)
    assert seen.at is not None
    assert abs(seen.at - truth) <= timedelta(seconds=1)
    assert seen.estimated == (abs(said - seen.at) > timedelta(seconds=60))


@given(observations=st.lists(st.tuples(WILD, WILD, st.none() | st.floats(0, 10**9)), min_size=1, max_size=8))
def test_moments_grow_along_the_sequence_and_are_never_of_the_future(
    observations: list[tuple[datetime, datetime, float | None]],
) -> None:
    last: datetime | None = None
    for count, (said, sent, age) in enumerate(observations, start=1):
        now = NOW + timedelta(seconds=count)
        at = settled(corrected(observed_at=said, sent_at=sent, age=age, now=now), after=last, before=None, now=now)
        assert EARLIEST <= at <= now
        assert last is None or at > last
        last = at


@given(said=WILD, sent=WILD, age=st.none() | st.floats(0, 10**9), width=st.integers(2, 10**6))
def test_a_late_one_lies_between_its_neighbours(said: datetime, sent: datetime, age: float | None, width: int) -> None:
    after, before = NOW - timedelta(days=2), NOW - timedelta(days=2) + width * TICK
    at = settled(corrected(observed_at=said, sent_at=sent, age=age, now=NOW), after=after, before=before, now=NOW)
    assert after < at < before


def test_a_wrong_clock_that_runs_on_is_taken_off() -> None:
    two_hours = timedelta(hours=2)
    seen = corrected(observed_at=NOW - timedelta(minutes=10) + two_hours, sent_at=NOW + two_hours, age=None, now=NOW)
    assert (seen.at, seen.estimated) == (NOW - timedelta(minutes=10), True)


def test_a_clock_without_a_battery_tells_nothing() -> None:
    seen = corrected(observed_at=datetime(1970, 1, 1, tzinfo=UTC), sent_at=NOW, age=None, now=NOW)
    assert (seen.at, seen.estimated) == (None, True)
    after = NOW - timedelta(hours=1)
    assert settled(seen, after=after, before=None, now=NOW) == after + TICK
