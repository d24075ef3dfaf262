"""What is expected of hosts at a moment, by the schedule they keep to."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from posture.fleet.models import Host, Schedule, ScheduleAssignment
from posture.fleet.offline_hours import OfflineHours, read_hours

SILENT_AFTER = timedelta(hours=24)  # of hours in which the host was expected
LATE_INTERVALS = 2  # missed


@dataclass(frozen=True, slots=True)
class Expected:
    """What one schedule with planned hours expects at a moment.

    ``owed_since``: who was last heard before it has missed ``SILENT_AFTER`` of expected time. ``away_until``: until
    when the last planned span went, the moment itself within one.
    """

    schedule: int
    owed_since: datetime
    away_until: datetime


def expected_at(*, at: datetime) -> list[Expected]:
    """The schedules with planned hours. One statement."""
    found = []
    for row in Schedule.objects.exclude(offline_hours=[]):
        hours = read_hours(row.offline_hours, row.timezone)
        away_until = hours.away_until(at)
        if away_until is not None:
            found.append(Expected(row.pk, hours.owed_since(at, SILENT_AFTER), away_until))
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """A schedule that a host keeps to from a moment on (None: from the beginning)."""

    from_at: datetime | None
    interval: timedelta
    hours: OfflineHours


def kept_schedules(*, host: uuid.UUID) -> list[Kept]:
    """The schedules of a host in order; a host that was never given one keeps to its interval. Two statements."""
    interval = Host.objects.values_list("interval", flat=True).get(pk=host)
    rows = ScheduleAssignment.objects.filter(host=host).order_by("from_at").select_related("schedule")
    return [Kept(None, timedelta(seconds=interval), OfflineHours(())), *(kept_by(row) for row in rows)]


def kept_by(row: ScheduleAssignment) -> Kept:
    hours = read_hours(row.schedule.offline_hours, row.schedule.timezone)
    return Kept(row.from_at, timedelta(seconds=row.schedule.interval), hours)


def kept_at(kept: Sequence[Kept], at: datetime) -> Kept:
    """The one of ``kept_schedules`` that held at a moment."""
    return [one for one in kept if one.from_at is None or one.from_at <= at][-1]


def planned_within(kept: Sequence[Kept], from_at: datetime, to_at: datetime) -> timedelta:
    """How much of a time was planned, by the schedules that held in it."""
    total = timedelta()
    for place, one in enumerate(kept):
        begin = from_at if one.from_at is None else max(one.from_at, from_at)
        end = min(kept[place + 1].from_at or to_at, to_at) if place + 1 < len(kept) else to_at
        if begin < end:
            total += one.hours.planned(begin, end)
    return total
