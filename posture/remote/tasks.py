"""Doors to the visits for Celery."""

import logging

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from posture.celery import app
from posture.remote.runs import end_dead_runs, make_due_runs, make_visit, waiting_runs

log = logging.getLogger(__name__)


@app.task(name="posture.remote.visit")  # type: ignore[untyped-decorator]  # celery ships no types
def visit(run: int) -> None:
    """Make one visit; the slot that it leaves is the next one's."""
    if make_visit(run=run):
        enqueue_waiting(most=1)


@app.task(name="posture.remote.tick")  # type: ignore[untyped-decorator]  # celery ships no types
def tick() -> None:
    """Every minute: mark what died, find what is due, enqueue what waits."""
    now = timezone.now()
    end_dead_runs(now=now)
    make_due_runs(now=now)
    enqueue_waiting()


def visit_soon(*, run: int) -> None:
    """Enqueue a visit as soon as the transaction around this call, if any, has committed."""
    transaction.on_commit(lambda: enqueue(run))


def enqueue_waiting(*, most: int | None = None) -> None:
    """Enqueue what waits; each visit takes a slot or goes on waiting."""
    for run in waiting_runs()[:most]:
        enqueue(run)


def enqueue(run: int) -> None:
    """Enqueue at once. A broker that is away costs nothing but time: the next minute finds the run."""
    try:
        visit.apply_async([run], retry=False)
    except BrokerError as error:
        log.warning("The broker cannot be reached; the next minute will find visit %s: %s", run, error)
