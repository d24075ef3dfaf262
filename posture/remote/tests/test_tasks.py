"""Tasks that wait for other machines go to a queue of their own."""

import pytest

from posture.celery import app
from posture.remote import tasks
from posture.remote.rollout import tasks as rollout_tasks


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        (tasks.visit, "remote"),
        (rollout_tasks.run_rollout_host, "remote"),
        (tasks.tick, "celery"),
        (rollout_tasks.sweep_rollouts, "celery"),
    ],
)
def test_slow_machines_never_keep_judging_waiting(task: object, queue: str) -> None:
    route = app.amqp.router.route({}, getattr(task, "name"), (), {})  # noqa: B009 - celery ships no types
    assert route["queue"].name == queue
