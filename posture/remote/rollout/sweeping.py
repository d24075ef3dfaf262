"""What dead workers and a dead broker left behind."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, QuerySet

from posture.fleet.models import RemoteRun, RunState
from posture.remote.rollout.running import UNKNOWN, busy_at_place, close
from posture.remote.way import way_to

# The longest step is a collection with its delivery.
DEAD_AFTER = timedelta(minutes=6)
LOST_AFTER = timedelta(minutes=2)


def end_dead_runs(*, now: datetime) -> int:
    """Mark the runs of workers that died, so that people can try again; how many."""
    dead = RemoteRun.objects.filter(rollout__isnull=False, state=RunState.RUNNING, seen_at__lt=now - DEAD_AFTER)
    rollouts = {one for one in dead.values_list("rollout_id", flat=True) if one is not None}
    number = dead.update(state=RunState.FAILED, problem="died", detail="", ended_at=now)
    for rollout in rollouts:
        close(rollout)
    return number


def let_known_go_on(runs: QuerySet[RemoteRun]) -> list[int]:
    """Free those of some runs that waited for a word on a host key and have it: here, or under Remote hosts."""
    waiting = runs.filter(state=RunState.WAITING, problem=UNKNOWN).select_related("reach__jump__jump__jump")
    ready = [run.pk for run in waiting if not any(hop.offered_key and not hop.host_key for hop in way_to(run.reach))]
    RemoteRun.objects.filter(pk__in=ready).update(problem="", detail="")
    return ready


def lost_runs(*, now: datetime) -> list[int]:
    """Runs that wait for longer than a queue takes to begin, the oldest of them; one that is enqueued twice is done
    once."""
    let_known_go_on(RemoteRun.objects.filter(rollout__cancelled_at=None, rollout__isnull=False))
    lost = ready_runs().filter(created_at__lt=now - LOST_AFTER)
    return list(lost.values_list("pk", flat=True)[: 2 * settings.REMOTE_CONCURRENCY])


def next_run() -> int | None:
    """The run that has waited the longest and can begin."""
    return ready_runs().values_list("pk", flat=True).first()


def ready_runs() -> QuerySet[RemoteRun]:
    """Runs that wait for nothing but a slot, the oldest first."""
    waiting = RemoteRun.objects.filter(rollout__cancelled_at=None, rollout__isnull=False, state=RunState.WAITING)
    return waiting.exclude(problem=UNKNOWN).filter(~Exists(busy_at_place())).order_by("pk")
