"""Visits that collect: which are due, who makes them, and how they ended. Rows of ``RemoteRun`` without a roll-out."""

import logging
import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from posture.fleet.models import Reach, RemoteRun, RunKind, RunState
from posture.fleet.services.audit import record_action
from posture.fleet.services.choices import chain
from posture.fleet.services.schedules import in_force
from posture.fleet.tasks import advance_soon
from posture.remote.problems import RemoteTrouble
from posture.remote.visiting import collect_from

log = logging.getLogger(__name__)
LOCK = 0x72656D6F  # of the moment in which a visit takes its slot
LONGEST = timedelta(minutes=20)  # a visit ends itself earlier; one that runs for longer has no worker any more
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
    """A waiting run for each machine that is due, by its schedule or a person's wish for a scan; how many were made."""
    going = RemoteRun.objects.filter(reach=OuterRef("pk"), kind=RunKind.COLLECT, state__in=GOING)
    by_schedule = Q(scheduled=True) & (Q(due_at=None) | Q(due_at__lte=now))
    by_wish = Q(host__scan_asked_at__isnull=False, host__scan_done_at=None, host__source=F("method"))
    with transaction.atomic():
        due = Reach.objects.select_for_update(skip_locked=True, of=("self",)).filter(by_schedule | by_wish)
        reaches = list(
            due.filter(~Exists(going)).filter(Q(host=None) | Q(host__retired_at=None)).select_related("group")
        )
        RemoteRun.objects.bulk_create(
            [RemoteRun(reach=reach, kind=RunKind.COLLECT, created_at=now) for reach in reaches]
        )
        for reach in reaches:
            Reach.objects.filter(pk=reach.pk, scheduled=True).update(due_at=next_moment(reach, now))
    return len(reaches)


def next_moment(reach: Reach, now: datetime) -> datetime:
    """When to come again: after the group's interval, a little early or late."""
    seconds = in_force(line=chain(group=reach.group)).interval
    share = 1 - JITTER + 2 * JITTER * random.random()  # noqa: S311 - it only spreads visits
    return now + timedelta(seconds=seconds * share)


def waiting_runs() -> list[int]:
    """Runs to enqueue, the oldest first; at most twice as many as may go on at once. Made once, however often."""
    busy = RemoteRun.objects.filter(state=RunState.RUNNING, reach=OuterRef("reach"))
    waiting = RemoteRun.objects.filter(~Exists(busy), kind=RunKind.COLLECT, state=RunState.WAITING)
    waiting = waiting.order_by("created_at", "pk")
    return list(waiting.values_list("pk", flat=True)[: 2 * settings.REMOTE_CONCURRENCY])


def end_dead_runs(*, now: datetime) -> int:
    """Mark visits whose worker went away; forget old ones. How many were marked."""
    dead = RemoteRun.objects.filter(kind=RunKind.COLLECT, state=RunState.RUNNING, started_at__lt=now - LONGEST)
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
        end(run, RunState.FAILED, trouble.problem, trouble.detail)
    except Exception:  # a defect of ours must not leave the page waiting for ever
        log.exception("The visit to %s failed", claimed.reach)
        end(run, RunState.FAILED, "internal")
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
    busy = going.filter(reach=OuterRef("reach"))
    mine = RemoteRun.objects.filter(pk=run, state=RunState.WAITING, kind=RunKind.COLLECT).filter(~Exists(busy))
    if not mine.update(state=RunState.RUNNING, started_at=now, step="", problem="", detail=""):
        return None
    return RemoteRun.objects.select_related("reach__key", "reach__host", "reach__group").get(pk=run)


def note_step(run: int, word: str) -> None:
    """How far a visit came, for people to see."""
    RemoteRun.objects.filter(pk=run, state=RunState.RUNNING).update(step=word)


def end(run: int, state: RunState, problem: str = "", detail: str = "") -> None:
    """A visit is over."""
    going = RemoteRun.objects.filter(pk=run, state=RunState.RUNNING)
    going.update(state=state, problem=problem, detail=detail, ended_at=timezone.now())
