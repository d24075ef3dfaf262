"""What dead workers and a dead broker left behind."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from posture.fleet.models import RemoteRun, RunState
from posture.remote.rollout.running import UNKNOWN, close
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
    """Runs that wait for longer than a queue takes to begin; one that is enqueued twice is done once."""
    waiting = RemoteRun.objects.filter(rollout__cancelled_at=None, rollout__isnull=False, state=RunState.WAITING)
    let_known_go_on(waiting)
    lost = waiting.exclude(problem=UNKNOWN).filter(created_at__lt=now - LOST_AFTER)
    return list(lost.order_by("pk").values_list("pk", flat=True))
