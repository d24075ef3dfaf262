"""What dead workers and a dead broker left behind."""

from datetime import datetime, timedelta

from posture.fleet.models import RemoteRun, RunState
from posture.remote.rollout.running import UNKNOWN, close

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


def lost_runs(*, now: datetime) -> list[int]:
    """Runs that wait for longer than a queue takes to begin; one that is enqueued twice is done once."""
    waiting = RemoteRun.objects.filter(rollout__cancelled_at=None, rollout__isnull=False, state=RunState.WAITING)
    lost = waiting.exclude(problem=UNKNOWN).filter(created_at__lt=now - LOST_AFTER)
    return list(lost.order_by("pk").values_list("pk", flat=True))
