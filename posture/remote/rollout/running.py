"""One host of a roll-out, from its claim to its end. At least once and idempotent: what was done is left alone."""

import logging
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from posture.fleet.models import Reach, RemoteRun, Rollout, RolloutKind, RunState
from posture.remote.connection import Connection, connect
from posture.remote.host_keys import fingerprint_of
from posture.remote.problems import HostKeyUnknown, RemoteTrouble
from posture.remote.reaches import approve_host_key
from posture.remote.rollout.installing import install_agent
from posture.remote.rollout.removing import remove_agent
from posture.remote.runs import LOCK
from posture.remote.way import way_to

log = logging.getLogger(__name__)
WAYS = {RolloutKind.INSTALL: install_agent, RolloutKind.REMOVE: remove_agent}
UNKNOWN = "host_key_unknown"


def run_host(*, run: int) -> bool:
    """Do what is to be done on one host, if nobody does it yet; whether it was ours to do.

    Never raises: what went wrong stands in the run.
    """
    found = claim(run, timezone.now())
    if found is None:
        return False
    try:
        changed = visit(found)
    except HostKeyUnknown as trouble:
        pause(found, trouble)
    except RemoteTrouble as trouble:
        end(found, RunState.FAILED, trouble.problem, trouble.detail)
    except Exception:  # a defect of ours must not leave the page waiting for ever
        log.exception("Run %s of a roll-out failed", run)
        end(found, RunState.FAILED, "internal")
    else:
        end(found, RunState.DONE if changed else RunState.UNCHANGED)
    return True


@transaction.atomic
def claim(run: int, now: datetime) -> RemoteRun | None:
    """Make a waiting run ours; None where somebody else has it, it is over, or it has to wait: for a person, for a
    slot, or for another run or visit on that machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    going = RemoteRun.objects.filter(state=RunState.RUNNING, rollout__isnull=False)
    if going.count() >= settings.REMOTE_CONCURRENCY:
        return None
    waiting = RemoteRun.objects.filter(pk=run, state=RunState.WAITING, rollout__cancelled_at=None)
    waiting = waiting.exclude(problem=UNKNOWN)
    values = {"state": RunState.RUNNING, "step": "connect", "problem": "", "detail": ""}
    if not waiting.filter(~Exists(busy_at_place())).update(**values, started_at=now, seen_at=now, ended_at=None):
        return None
    return RemoteRun.objects.select_related("rollout", "reach__key", "reach__host", "reach__group").get(pk=run)


def busy_at_place() -> QuerySet[RemoteRun]:
    """What goes on at the machine of the outer query's run: of its host, or where it answers."""
    host = Q(reach__host=OuterRef("reach__host"))
    place = Q(reach__address=OuterRef("reach__address"), reach__port=OuterRef("reach__port"))
    return RemoteRun.objects.filter(host | place, state=RunState.RUNNING)


def visit(run: RemoteRun) -> bool:
    """Connect and do it; whether anything changed."""
    rollout = Rollout.objects.get(runs=run)

    def step(word: str) -> None:
        """Say how far it came. Somebody else's by now: the sweep took us for dead."""
        if not RemoteRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(step=word, seen_at=timezone.now()):
            raise RemoteTrouble("died")

    with open_connection(run, rollout) as machine:
        changed = WAYS[RolloutKind(rollout.kind)](connection=machine, reach=run.reach, rollout=rollout, step=step)
    if rollout.kind == RolloutKind.INSTALL and run.reach.host is not None:
        run.reach.host.labels.add(*rollout.labels.all())
    return changed


def open_connection(run: RemoteRun, rollout: Rollout) -> Connection:
    """Connect; a host key whose fingerprint the list itself gave is approved by that."""
    for _hop in range(4):
        try:
            return connect(run.reach)
        except HostKeyUnknown:
            if not any(approve_listed(hop, rollout) for hop in way_to(run.reach)):
                raise
            run.reach.refresh_from_db()
    return connect(run.reach)


def approve_listed(hop: Reach, rollout: Rollout) -> bool:
    """Approve what a machine offers where the list expects just that. Raises RemoteTrouble where it expects another."""
    hop.refresh_from_db()
    listed = RemoteRun.objects.filter(rollout=rollout, reach=hop).exclude(fingerprint="").first()
    if listed is None or hop.host_key or not hop.offered_key:
        return False
    offered = fingerprint_of(hop.offered_key)
    if offered != listed.fingerprint:
        raise RemoteTrouble("fingerprint_differs", f"{hop.name}: {offered}, {listed.fingerprint}")
    return approve_host_key(reach=hop, fingerprint=offered, actor=rollout.created_by, address=None)


def pause(run: RemoteRun, trouble: HostKeyUnknown) -> None:
    """Wait for a person's word on a host key; nothing was done yet, and nothing will be where they cancelled."""
    if Rollout.objects.filter(runs=run, cancelled_at__isnull=False).exists():
        end(run, RunState.FAILED, "cancelled")
        return
    values = {"state": RunState.WAITING, "problem": trouble.problem, "detail": trouble.detail, "step": ""}
    RemoteRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(**values, seen_at=timezone.now())


def end(run: RemoteRun, state: RunState, problem: str = "", detail: str = "") -> None:
    """Write down how it ended, unless the sweep did."""
    values = {"state": state, "problem": problem, "detail": detail, "ended_at": timezone.now()}
    RemoteRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(**values)
    if run.rollout_id is not None:
        close(run.rollout_id)


def close(rollout: UUID) -> None:
    """The roll-out is over when the last of its hosts is."""
    going = RemoteRun.objects.filter(rollout_id=rollout, state__in=(RunState.WAITING, RunState.RUNNING))
    if not going.exists():
        Rollout.objects.filter(pk=rollout, ended_at=None).update(ended_at=timezone.now())
