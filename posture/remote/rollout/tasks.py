"""Doors to the roll-out for Celery. At least once and idempotent."""

import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from posture.celery import app
from posture.remote.rollout.running import run_host
from posture.remote.rollout.sweeping import end_dead_runs, lost_runs, next_run

log = logging.getLogger(__name__)


@app.task(name="posture.remote.rollout.run")  # type: ignore[untyped-decorator]  # celery ships no types
def run_rollout_host(run: int) -> None:
    """Do one host of a roll-out; the slot that it leaves is the next one's.

    A message for a host that somebody has done already is good for the next that waits: no slot is lost by it.
    """
    if run_host(run=run) or ((other := next_run()) is not None and run_host(run=other)):
        following = next_run()
        enqueue(() if following is None else (following,))


@app.task(name="posture.remote.rollout.sweep")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep_rollouts() -> None:
    """Mark what died, enqueue what was lost."""
    now = timezone.now()
    end_dead_runs(now=now)
    enqueue(lost_runs(now=now))


def run_soon(*, runs: Iterable[int]) -> None:
    """Enqueue runs as soon as the transaction around this call, if any, has committed: as many as there are slots.

    Each that ends lets the next begin, so that visits find their turn in the queue between them.
    """
    chosen = list(runs)[: settings.REMOTE_CONCURRENCY]
    transaction.on_commit(lambda: enqueue(chosen))


def enqueue(runs: Iterable[int]) -> None:
    """Enqueue at once. A broker that is away costs nothing but time: the sweep finds the runs."""
    for run in runs:
        try:
            run_rollout_host.apply_async([run], retry=False)
        except BrokerError as error:
            log.warning("The broker cannot be reached; the sweep will find run %s: %s", run, error)
            return
