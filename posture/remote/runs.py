"""Visits that collect: which are due, who makes them, and how they ended. Rows of ``RemoteRun`` without a roll-out."""

import logging
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from posture.fleet.models import Reach, RemoteRun, RunKind, RunState
from posture.fleet.services.audit import record_action
from posture.fleet.services.choices import chain
from posture.fleet.services.scan_requests import fail_scan
from posture.fleet.services.schedules import in_force
from posture.fleet.tasks import advance_soon
from posture.remote.problems import RemoteTrouble
from posture.remote.visiting import collect_from

log = logging.getLogger(__name__)
LOCK = 0x72656D6F  # of the moment in which a visit takes its slot
LONGEST = timedelta(minutes=20)  # a visit ends itself earlier; one that runs for longer has no worker any more
LONGEST_WISH = timedelta(hours=1)  # for so long a wish for a scan outlives workers that die of it
KEPT = timedelta(days=30)
JITTER = 0.1  # share of the interval by which a visit may come early or late
GOING = (RunState.WAITING, RunState.RUNNING)


def ask_visit(*, reach: Reach, now: datetime, actor: str, address: str | None) -> RemoteRun | None:
    """A person wants a machine visited now: the waiting run, for the caller to enqueue. None where one is under way."""
    with transaction.atomic():
        locked = Reach.objects.select_for_update().get(pk=reach.pk)
        if locked.runs.filter(kind=RunKind.COLLECT, state__in=GOING).exists():
            return None
        record_action(actor=actor, action="reach.visited", subject=reach.name, address=address)
        return RemoteRun.objects.create(reach=locked, kind=RunKind.COLLECT, created_at=now)


def make_due_runs(*, now: datetime) -> int:
    """A waiting run for each machine that is due, by its schedule or a person's wish for a scan; how many were made.

    A wish makes one visit, which ends it either way: a machine that refuses us must not be knocked at every minute.
    """
    there = Q(reach=OuterRef("pk")) | Q(reach__host=OuterRef("host"))
    going = RemoteRun.objects.filter(there, kind=RunKind.COLLECT, state__in=GOING)
    by_schedule = Q(scheduled=True) & (Q(due_at=None) | Q(due_at__lte=now))
    by_wish = Q(host__scan_asked_at__isnull=False, host__scan_done_at=None, host__source=F("method"))
    with transaction.atomic():
        due = Reach.objects.select_for_update(skip_locked=True, of=("self",)).filter(by_schedule | by_wish)
        due = due.filter(~Exists(going)).filter(Q(host=None) | Q(host__retired_at=None)).select_related("group")
        reaches = one_a_host(due.order_by("-scheduled", "created_at", "pk"))
        RemoteRun.objects.bulk_create(
            [RemoteRun(reach=reach, kind=RunKind.COLLECT, created_at=now) for reach in reaches]
        )
        for reach in reaches:
            Reach.objects.filter(pk=reach.pk, scheduled=True).update(due_at=next_moment(reach, now))
    return len(reaches)


def one_a_host(reaches: Iterable[Reach]) -> list[Reach]:
    """The first way to each host, and those whose host is not known yet."""
    hosts: dict[UUID, Reach] = {}
    for reach in reaches:
        hosts.setdefault(reach.host_id or reach.pk, reach)
    return list(hosts.values())


def next_moment(reach: Reach, now: datetime) -> datetime:
    """When to come again: after the group's interval, a little early or late."""
    seconds = in_force(line=chain(group=reach.group)).interval
    share = 1 - JITTER + 2 * JITTER * random.random()  # noqa: S311 - it only spreads visits
    return now + timedelta(seconds=seconds * share)


def waiting_runs() -> list[int]:
    """Runs to enqueue, the oldest first; at most twice as many as may go on at once. Made once, however often."""
    waiting = RemoteRun.objects.filter(~Exists(busy_there()), kind=RunKind.COLLECT, state=RunState.WAITING)
    waiting = waiting.order_by("created_at", "pk")
    return list(waiting.values_list("pk", flat=True)[: 2 * settings.REMOTE_CONCURRENCY])


def busy_there() -> QuerySet[RemoteRun]:
    """What goes on at the machine of the outer query's run, over whichever way."""
    same = Q(reach=OuterRef("reach")) | Q(reach__host=OuterRef("reach__host"))
    return RemoteRun.objects.filter(same, state=RunState.RUNNING)


def end_dead_runs(*, now: datetime) -> int:
    """Mark visits whose worker went away; forget old ones. How many were marked.

    The wish for a scan that such a visit followed makes another one, for an hour.
    """
    dead = RemoteRun.objects.filter(kind=RunKind.COLLECT, state=RunState.RUNNING, started_at__lt=now - LONGEST)
    for reach in dead.values_list("reach", flat=True):
        fail_scan(reach=reach, began=now - LONGEST_WISH, now=now, problem="died")
    marked = dead.update(state=RunState.FAILED, problem="died", ended_at=now)
    RemoteRun.objects.filter(kind=RunKind.COLLECT, ended_at__lt=now - KEPT).delete()
    return marked


def make_visit(*, run: int) -> bool:
    """Make one waiting visit, where a slot is free and nobody else is on that machine; whether it was made."""
    claimed = claim(run, timezone.now())
    if claimed is None:
        return False
    try:
        stored = collect_from(claimed.reach, step=lambda word: note_step(run, word))
    except RemoteTrouble as trouble:
        fail(claimed, trouble.problem, trouble.detail)
    except Exception:  # a defect of ours must not leave the page waiting for ever
        log.exception("The visit to %s failed", claimed.reach)
        fail(claimed, "internal")
    else:
        end(run, RunState.DONE if stored.changed else RunState.UNCHANGED)
        if stored.changed:
            advance_soon(host=stored.host)
    return True


@transaction.atomic
def claim(run: int, now: datetime) -> RemoteRun | None:
    """Make a waiting run ours; None where it is over, somebody's, or has to wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    going = RemoteRun.objects.filter(state=RunState.RUNNING)
    if going.filter(kind=RunKind.COLLECT).count() >= settings.REMOTE_CONCURRENCY:
        return None
    mine = RemoteRun.objects.filter(pk=run, state=RunState.WAITING, kind=RunKind.COLLECT)
    if not mine.filter(~Exists(busy_there())).update(
        state=RunState.RUNNING, started_at=now, step="", problem="", detail=""
    ):
        return None
    return RemoteRun.objects.select_related("reach__key", "reach__host", "reach__group").get(pk=run)


def note_step(run: int, word: str) -> None:
    """How far a visit came, for people to see."""
    RemoteRun.objects.filter(pk=run, state=RunState.RUNNING).update(step=word)


def fail(run: RemoteRun, problem: str, detail: str = "") -> None:
    """A visit came to nothing, and so did the wish for a scan that was there when it began."""
    now = timezone.now()
    fail_scan(reach=run.reach_id, began=run.started_at or now, now=now, problem=problem)
    end(run.pk, RunState.FAILED, problem, detail)


def end(run: int, state: RunState, problem: str = "", detail: str = "") -> None:
    """A visit is over."""
    going = RemoteRun.objects.filter(pk=run, state=RunState.RUNNING)
    going.update(state=state, problem=problem, detail=detail, ended_at=timezone.now())
