"""Doors to the services for Celery. At least once and idempotent: each says by itself what there is to do."""

import logging
from uuid import UUID

from celery import Task
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from posture.celery import app
from posture.fleet.services.advance import Advanced, advance
from posture.fleet.services.partitions import make_partitions
from posture.fleet.services.states import mark_states
from posture.fleet.services.sweeping import find_due_hosts

log = logging.getLogger(__name__)
PAUSE = 1  # seconds; an advance takes a fraction of one


@app.task(bind=True, max_retries=30)  # type: ignore[untyped-decorator]  # celery ships no types
def advance_host(self: Task, host: str) -> None:
    """Bring one host's ledger up to date. What could not be done here is done by a retry, or by the sweep."""
    try:
        outcome = advance(host=UUID(host), now=timezone.now())
    except (OperationalError, InterfaceError) as error:  # the database went away
        raise self.retry(exc=error, countdown=PAUSE) from error
    if outcome is Advanced.BUSY:
        raise self.retry(countdown=PAUSE)


def advance_soon(*, host: UUID) -> None:
    """Enqueue a host's advance as soon as the transaction around this call, if any, has committed."""
    transaction.on_commit(lambda: enqueue(host))


def enqueue(host: UUID) -> None:
    """Enqueue at once. A broker that is away costs nothing but time: the sweep finds the host."""
    try:
        advance_host.apply_async([str(host)], retry=False)
    except BrokerError as error:
        log.warning("The broker cannot be reached; the sweep will find host %s: %s", host, error)


@app.task  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Enqueue every host with something to do."""
    for host in find_due_hosts(now=timezone.now()):
        enqueue(host)


@app.task(name="posture.fleet.tasks.mark_states")  # type: ignore[untyped-decorator]  # celery ships no types
def mark_host_states() -> None:
    """Mark hosts late and silent."""
    mark_states(now=timezone.now())


@app.task(name="posture.fleet.tasks.make_partitions")  # type: ignore[untyped-decorator]  # celery ships no types
def make_month_partitions() -> None:
    """Make the partitions of the coming months."""
    make_partitions(now=timezone.now())
