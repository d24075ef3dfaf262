"""How a group's hosts report: how often, at which hours not at all, and how much they may send a day."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.conf import settings
from django.db import transaction

from posture.fleet.models import Group, Host, Schedule, ScheduleAssignment
from posture.fleet.offline_hours import read_hours
from posture.fleet.services.audit import record_action
from posture.fleet.services.choices import chain
from posture.fleet.services.observation_time import EARLIEST

SHORTEST, LONGEST = 60, 86_400  # seconds between two check-ins
LEAST_BYTES, MOST_BYTES = 10_000, 10**12  # a day


@dataclass(frozen=True, slots=True)
class Wish:
    """What a group itself says; None: as the group above. ``daily_bytes`` 0: no limit."""

    interval: int | None
    daily_bytes: int | None
    offline_hours: list[dict[str, object]] | None
    timezone: str


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds for a group; ``daily_bytes`` None: no limit."""

    interval: int
    daily_bytes: int | None
    offline_hours: list[dict[str, object]]
    timezone: str


def in_force(*, line: Sequence[Group]) -> InForce:
    """What holds for a group, given its chain: each part is the nearest group's that says something about it."""
    hours = next((one for one in line if one.offline_hours is not None), None)
    daily = next((one.daily_bytes for one in line if one.daily_bytes is not None), 0)
    return InForce(
        interval=next((one.interval for one in line if one.interval is not None), settings.DEFAULT_INTERVAL),
        daily_bytes=daily or None,
        offline_hours=(hours.offline_hours if hours else None) or [],
        timezone=hours.timezone if hours and hours.offline_hours else "UTC",
    )


def wish_of(*, group: Group) -> Wish:
    """What the group itself says today."""
    return Wish(group.interval, group.daily_bytes, group.offline_hours, group.timezone)


@transaction.atomic
def set_schedule(*, group: Group, wish: Wish, now: datetime, actor: str, address: str | None) -> None:
    """Change how a group's hosts report, from now on; the past keeps what held then.

    Raises ValueError for what is out of bounds, WrongWindow for hours that are none. An equal wish does nothing.
    """
    require_sane(wish)
    before = wish_of(group=group)
    if wish == before:
        return
    for name in ("interval", "daily_bytes", "offline_hours", "timezone"):
        setattr(group, name, getattr(wish, name))
    group.save(update_fields=["interval", "daily_bytes", "offline_hours", "timezone"])
    details = {"from": told(before), "to": told(wish)}
    record_action(actor=actor, action="group.schedule", subject=group.name, details=details, address=address)
    take_schedules(now=now)


def require_sane(wish: Wish) -> None:
    if wish.interval is not None and not SHORTEST <= wish.interval <= LONGEST:
        raise ValueError(f"an interval is {SHORTEST} to {LONGEST} seconds")
    if wish.daily_bytes and not LEAST_BYTES <= wish.daily_bytes <= MOST_BYTES:
        raise ValueError(f"a daily budget is 0 or {LEAST_BYTES} to {MOST_BYTES} bytes")
    read_hours(wish.offline_hours or [], wish.timezone)


def told(wish: Wish) -> list[str]:
    """A wish for the audit log, in the words of its fields."""
    found = []
    if wish.interval is not None:
        found.append(f"interval={wish.interval}")
    if wish.daily_bytes is not None:
        found.append(f"daily_bytes={wish.daily_bytes}")
    if wish.offline_hours is not None:
        found.append(f"offline_hours={msgspec.json.encode(wish.offline_hours).decode()} {wish.timezone}")
    return found


@transaction.atomic
def take_schedules(*, now: datetime, groups: Iterable[Group] | None = None) -> int:
    """Give every host whose group reports otherwise today its new schedule, from now on; how many got one.

    Call it when the product starts, when a group's schedule changes and when a host comes or changes its group
    (``groups`` narrows it).
    """
    return sum(take_in_group(group, now) for group in (Group.objects.all() if groups is None else groups))


def take_in_group(group: Group, now: datetime) -> int:
    wanted = in_force(line=chain(group=group))
    schedule = schedule_row(wanted)
    hosts = Host.objects.filter(group=group, is_demo=False)
    # Who never spoke has no past: its first schedule is dated before anything it can have seen.
    changed = dict(hosts.exclude(schedule=schedule).values_list("pk", "first_seen_at"))
    ScheduleAssignment.objects.bulk_create(
        (
            ScheduleAssignment(host_id=host, schedule=schedule, from_at=EARLIEST if seen is None else now)
            for host, seen in changed.items()
        ),
        update_conflicts=True,
        unique_fields=["host", "from_at"],
        update_fields=["schedule"],
    )
    values = {"interval": wanted.interval, "daily_bytes": wanted.daily_bytes, "schedule": schedule}
    hosts.filter(pk__in=changed).update(**values)
    hosts.exclude(daily_bytes=wanted.daily_bytes).update(daily_bytes=wanted.daily_bytes)
    return len(changed)


def schedule_row(wanted: InForce) -> Schedule:
    """The row of this content, made where there is none."""
    body = {"interval": wanted.interval, "offline_hours": wanted.offline_hours, "timezone": wanted.timezone}
    digest = hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()
    return Schedule.objects.get_or_create(digest=digest, defaults=body)[0]


def start_schedule(*, host: Host) -> None:
    """A new host's schedule, its group's, dated before anything it can have seen. Sets the host's own columns.

    Imaginary hosts keep to what their story says.
    """
    if host.is_demo:
        return
    wanted = in_force(line=chain(group=host.group))
    host.schedule = schedule_row(wanted)
    host.interval, host.daily_bytes = wanted.interval, wanted.daily_bytes
    host.save(update_fields=["schedule", "interval", "daily_bytes"])
    ScheduleAssignment.objects.create(host=host, schedule=host.schedule, from_at=EARLIEST)
