"""One machine that was enrolled twice becomes one host: the older row continues, the newer one ends in it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from posture.fleet.models import (
    Cursor,
    DroppedRange,
    Engine,
    EnrolmentKey,
    Host,
    HostState,
    Installation,
    PresenceSpan,
    Reach,
    Resource,
    Snapshot,
    Source,
)
from posture.fleet.services.audit import record_action
from posture.fleet.services.fold.rewind import rewind
from posture.fleet.services.observation_time import EARLIEST
from posture.fleet.services.sources import take_source
from posture.fleet.services.tokens import revoke_installation

# The times over which a host was heard of or was seen.
HEARD = """
SELECT min(from_at), max(to_at) FROM (
    SELECT effective_at AS from_at, effective_at AS to_at FROM fleet_snapshot WHERE host_id = %(host)s
    UNION ALL SELECT from_at, to_at FROM fleet_presencespan WHERE host_id = %(host)s
    UNION ALL SELECT from_at, to_at FROM fleet_droppedrange WHERE host_id = %(host)s
) heard
"""
# What the newest snapshot said of the machine, and how it reports.
HEADLINE = (
    "hostname",
    "state",
    "engine_readable",
    "machine_id",
    "board",
    "architecture",
    "kernel",
    "operating_system",
    "engine_version",
    "agent_version",
    "agent_interval",
    "container_count",
    "measurements",
    "last_seen_at",
    "source",
)
MOVED = (Installation, Snapshot, PresenceSpan, DroppedRange, Reach, EnrolmentKey)


class Unmergeable(StrEnum):
    """Why two hosts cannot become one."""

    SAME = "same"
    DEMO = "demo"  # imaginary ones stay what they are
    GONE = "gone"  # one of them was merged before
    OVERLAP = "overlap"  # both reported at the same time: they are two machines
    SILENT = "silent"  # the newer one did not report yet: there is nothing to continue with


class CannotMerge(Exception):
    """The hosts cannot become one; ``reason`` says why."""

    def __init__(self, reason: Unmergeable) -> None:
        super().__init__(reason.value)
        self.reason = reason


def heard_of(*, host: UUID) -> tuple[datetime | None, datetime | None]:
    """The first and the last moment of which a host's reports tell."""
    with connection.cursor() as cursor:
        cursor.execute(HEARD, {"host": host})
        first, last = cursor.fetchone()
    return first, last


def obstacle(*, newer: Host, older: Host) -> Unmergeable | None:
    """Why the newer host cannot continue the older one; None when it can."""
    if newer.pk == older.pk:
        return Unmergeable.SAME
    if newer.is_demo or older.is_demo:
        return Unmergeable.DEMO
    if newer.merged_into_id is not None or older.merged_into_id is not None:
        return Unmergeable.GONE
    begins, ended = heard_of(host=newer.pk)[0], heard_of(host=older.pk)[1]
    if begins is None:
        return Unmergeable.SILENT
    return Unmergeable.OVERLAP if ended is not None and ended >= begins else None


@transaction.atomic
def merge_hosts(*, newer: UUID, older: UUID, now: datetime, actor: str, address: str | None = None) -> None:
    """The newer host's reports become the older one's, whose ledger is folded again from the first of them.

    The older host keeps its name, group, labels and history, and its former agents end. The newer row stays as the
    address that leads to it. Raises CannotMerge. The caller has the older host advance after the commit.
    """
    # Whoever folds or takes a report holds one of these rows.
    list(Cursor.objects.select_for_update().filter(host__in=[newer, older]).order_by("pk"))
    hosts = {one.pk: one for one in Host.objects.select_for_update().filter(pk__in=[newer, older]).order_by("pk")}
    list(Installation.objects.select_for_update().filter(host__in=[newer, older]).order_by("pk"))
    if newer not in hosts or older not in hosts:
        raise CannotMerge(Unmergeable.GONE)
    new, old = hosts[newer], hosts[older]
    reason = obstacle(newer=new, older=old)
    if reason is not None:
        raise CannotMerge(reason)
    begins = heard_of(host=newer)[0]
    for former in Installation.objects.filter(host=old, revoked_at=None).select_related("host"):
        revoke_installation(installation=former, actor=actor, address=address)
    take_source(host=older, source=Source(new.source), actor=actor, address=address)
    forget_ledger(newer)
    move(new, old)
    Cursor.objects.filter(host=old, at__gte=begins).update(rewind_to=begins)
    Cursor.objects.filter(host=old).update(pending=True)
    Host.objects.filter(pk=newer).update(merged_into=old, retired_at=now, state=HostState.RETIRED)
    record_action(
        actor=actor,
        action="host.merged",
        subject=old.name,
        details={"from": new.name, "from_id": str(new.pk), "into_id": str(old.pk)},
        address=address,
    )


def forget_ledger(host: UUID) -> None:
    """Take away what was judged of a host: it is judged again as part of the other one."""
    rewind(host, EARLIEST)
    Resource.objects.filter(host=host).delete()
    Cursor.objects.filter(host=host).update(
        at=None, snapshot=None, ruleset=None, valid_until=None, rewind_to=None, pending=False
    )


def move(new: Host, old: Host) -> None:
    """Everything that came in as the newer host belongs to the older one, and so does what it says of the machine."""
    for model in MOVED:
        model._default_manager.filter(host=new).update(host=old)
    Engine.objects.filter(host=old).delete()
    Engine.objects.filter(host=new).update(host=old)
    values: dict[str, Any] = {name: getattr(new, name) for name in HEADLINE}
    # A name that a person gave stays; one that was the machine's word goes on being that.
    if old.name == old.hostname:
        values["name"] = new.hostname or old.name
    Host.objects.filter(pk=old.pk).update(**values, retired_at=None)
