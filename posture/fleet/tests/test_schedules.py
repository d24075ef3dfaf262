"""Schedules: given to groups, inherited along the tree, kept over time, and what they make of a host's silence."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from posture.fleet.models import AuditEntry, Group, Host, HostState, PresenceSpan, ScheduleAssignment
from posture.fleet.offline_hours import WrongWindow
from posture.fleet.queries.fleet import stand_fleet
from posture.fleet.queries.hosts import HostFilter, list_hosts
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.trend import silences_of
from posture.fleet.services.choices import chain
from posture.fleet.services.hosts import edit_host
from posture.fleet.services.schedules import InForce, Wish, in_force, set_schedule, take_schedules
from posture.fleet.services.states import mark_states
from posture.fleet.tests.factories import make_group, make_host

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NIGHTS: list[dict[str, object]] = [{"days": [0, 1, 2, 3, 4, 5, 6], "from": "20:00", "to": "08:00"}]
BY: dict[str, Any] = {"actor": "olive", "address": "192.0.2.7"}


def wish(group: Group, *, now: datetime = MONDAY - timedelta(days=30), **values: Any) -> None:
    values = {"interval": None, "daily_bytes": None, "offline_hours": None, "timezone": "UTC", **values}
    set_schedule(group=group, wish=Wish(**values), now=now, **BY)


def heard(host: Host, at: datetime) -> None:
    """The host spoke until then, from the beginning of that day on."""
    Host.objects.filter(pk=host.pk).update(last_seen_at=at, first_seen_at=MONDAY - timedelta(days=30))
    PresenceSpan.objects.filter(host=host).update(from_at=at.replace(hour=0, minute=0), to_at=at)


def state_of(host: Host, at: datetime) -> tuple[str, str]:
    """What is marked at that moment, and what is told of it afterwards."""
    mark_states(now=at)
    host.refresh_from_db()
    (row,) = list_hosts(scope=Scope(host=host.pk), at=at, wanted=HostFilter()).rows
    return host.state, row.state.value


def test_each_part_comes_from_the_nearest_group() -> None:
    top = make_group("Top")
    middle = Group.objects.create(name="Middle", parent=top)
    leaf = Group.objects.create(name="Leaf", parent=middle)
    wish(top, interval=600, daily_bytes=50_000, offline_hours=NIGHTS, timezone="Europe/Paris")
    wish(middle, daily_bytes=0)
    host = make_host("one", group=leaf)
    take_schedules(now=MONDAY)
    leaf.refresh_from_db()
    assert in_force(line=chain(group=leaf)) == InForce(600, None, NIGHTS, "Europe/Paris")
    host.refresh_from_db()
    assert (host.interval, host.daily_bytes) == (600, None)
    wish(leaf, interval=60, daily_bytes=20_000, offline_hours=[])
    host.refresh_from_db()
    assert (host.interval, host.daily_bytes, host.schedule and host.schedule.offline_hours) == (60, 20_000, [])
    assert in_force(line=[make_group("Lonely")]) == InForce(300, None, [], "UTC")


def test_a_host_that_moves_keeps_to_its_new_group_from_then_on() -> None:
    slow = make_group("Slow")
    wish(slow, interval=3600, daily_bytes=30_000)
    host = make_host("one")
    take_schedules(now=MONDAY)
    edit_host(host=host.pk, name="one", group=slow, labels=[], retired=False, **BY)
    host.refresh_from_db()
    assert (host.interval, host.daily_bytes) == (3600, 30_000)
    assert [row.schedule.interval for row in ScheduleAssignment.objects.filter(host=host).order_by("from_at")] == [
        300,
        3600,
    ]
    assert take_schedules(now=MONDAY) == 0


@pytest.mark.parametrize(
    "values", [{"interval": 59}, {"interval": 86_401}, {"daily_bytes": 9_999}, {"daily_bytes": 10**13}]
)
def test_what_is_out_of_bounds_changes_nothing(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^an interval|^a daily"):
        wish(make_group(), **values)
    with pytest.raises(WrongWindow):
        wish(make_group(), offline_hours=[{"days": []}])
    assert not AuditEntry.objects.exists()


def test_a_change_is_written_down_once() -> None:
    for _twice in range(2):
        wish(make_group(), interval=120, offline_hours=NIGHTS)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.details["from"]) == ("group.schedule", "olive", [])
    assert entry.details["to"][0] == "interval=120"


@pytest.mark.parametrize(
    ("last", "at", "state"),
    [
        (10 * HOUR, 10 * HOUR + 15 * MINUTE, "reporting"),
        (10 * HOUR, 10 * HOUR + 16 * MINUTE, "late"),
        (19.9 * HOUR, 20.5 * HOUR, "offline"),  # it left as planned
        (19.5 * HOUR, 20.5 * HOUR, "offline"),  # it left a little before: what counts is that nobody expects it
        (19.9 * HOUR, 32 * HOUR, "offline"),  # until the very end
        (19.9 * HOUR, 32 * HOUR + 15 * MINUTE, "offline"),  # it is given three intervals to come back
        (19.9 * HOUR, 32 * HOUR + 16 * MINUTE, "late"),
        (20 * HOUR, 43.9 * HOUR, "late"),  # twelve expected hours have gone by
        (20 * HOUR, 50 * HOUR, "offline"),
        (20 * HOUR, 68 * HOUR + MINUTE, "silent"),  # 24 hours in which it was expected: no plan explains that
        (20 * HOUR, 80 * HOUR, "silent"),
        (10 * HOUR, 106 * HOUR, "silent"),
        (21 * HOUR, 21.1 * HOUR, "reporting"),  # who reports though nobody expects it, reports
    ],
)
def test_a_night_off_is_no_silence(last: timedelta, at: timedelta, state: str) -> None:
    group = make_group("Nights")
    host = make_host("one", group=group, days=300)
    wish(group, offline_hours=NIGHTS)
    heard(host, MONDAY + last)
    assert state_of(host, MONDAY + at) == (state, state)
    standing = stand_fleet(scope=Scope(), at=MONDAY + at)
    assert standing.states[state] == 1


def test_without_planned_hours_nothing_is_offline() -> None:
    host = make_host("one", days=300)
    heard(host, MONDAY)
    seen = [state_of(host, MONDAY + hours * HOUR)[0] for hours in (0.25, 0.3, 24, 24.1, 500)]
    assert seen == ["reporting", "late", "late", "silent", "silent"]


def test_a_host_that_reports_once_a_day_is_not_silent_between() -> None:
    group = make_group("Daily")
    host = make_host("one", group=group, days=300)
    wish(group, interval=86_400)
    heard(host, MONDAY)
    assert [state_of(host, MONDAY + hours * HOUR) for hours in (71, 73)] == [("reporting",) * 2, ("silent",) * 2]


def test_what_is_planned_today_says_nothing_about_yesterday() -> None:
    group = make_group("Nights")
    host = make_host("one", group=group, days=300)
    heard(host, MONDAY + 19 * HOUR)
    wish(group, offline_hours=NIGHTS, now=MONDAY + 22 * HOUR)
    states = [list_hosts(scope=Scope(), at=MONDAY + at * HOUR, wanted=HostFilter()).rows[0].state for at in (21, 23)]
    assert states == [HostState.LATE, HostState.OFFLINE]


def test_gaps_say_which_were_planned() -> None:
    group = make_group("Nights")
    host = make_host("one", group=group, days=300)
    wish(group, offline_hours=NIGHTS)
    span = PresenceSpan.objects.get(host=host)
    days = [(8.1, 19.9), (32.1, 36), (39, 44), (56, 67), (80, 84)]
    PresenceSpan.objects.all().delete()
    for first, last in days:
        present(host.pk, span.installation_id, MONDAY + first * HOUR, MONDAY + last * HOUR)
    gaps = silences_of(host=host.pk, from_at=MONDAY, to_at=MONDAY + 84 * HOUR)
    # A night; three hours of a day; a night; one that it began an hour early.
    assert [gap.planned for gap in gaps] == [True, False, True, False]


def present(host: UUID, installation: UUID, from_at: datetime, to_at: datetime) -> None:
    PresenceSpan.objects.create(
        host_id=host,
        installation_id=installation,
        digest="sha256:" + "0" * 64,
        from_at=from_at,
        to_at=to_at,
        first_sequence=1,
        last_sequence=2,
    )
