"""Whose turn it is: one run a machine, as many at once as there are slots, and none lost or told twice too often."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings

from posture.fleet.models import Reach, RemoteRun, Rollout, RolloutKind, RunKind, RunState
from posture.fleet.services.groups import get_or_create_group
from posture.launch.port import free_port
from posture.remote.keys import make_ssh_key
from posture.remote.rollout import tasks
from posture.remote.rollout.running import claim, end
from posture.remote.rollout.starting import By, Wish, start_install
from posture.remote.rollout.sweeping import LOST_AFTER, lost_runs, next_run

pytestmark = pytest.mark.django_db
BY = By("olive", None)


def reach_at(number: int, *, user: str = "ops", port: int = 22) -> Reach:
    return Reach.objects.create(
        name=f"{user}-{number}", group=get_or_create_group(), address=f"127.0.0.{number}", port=port, user=user,
        created_at=timezone.now(), created_by="alice",
    )  # fmt: skip


def runs_on(*reaches: Reach) -> list[int]:
    """The runs of a roll-out on these, in their order."""
    wish = Wish(make_ssh_key(name=str(timezone.now()), actor="a", address=None), "ops", True, get_or_create_group(), [])
    rollout = start_install(wish=wish, listed=[], known=reaches, by=BY)
    found: dict[UUID, int] = dict(rollout.runs.values_list("reach", "pk"))
    return [found[reach.pk] for reach in reaches]


@pytest.mark.parametrize("user", ["ops", "root"])
def test_one_run_at_a_time_on_a_machine(user: str) -> None:
    """Over one way to it or over two; what comes second waits for its turn."""
    first = reach_at(7)
    second = first if user == "ops" else reach_at(7, user=user)
    (one,), (other,) = runs_on(first), runs_on(second)
    mine = claim(one, timezone.now())
    assert mine is not None
    assert claim(other, timezone.now()) is None
    assert next_run() is None
    assert RemoteRun.objects.get(pk=other).state == "waiting"
    end(mine, RunState.DONE)
    assert next_run() == other
    assert claim(other, timezone.now()) is not None


def test_a_removal_and_a_visit_wait_too() -> None:
    reach, now = reach_at(7), timezone.now()
    visit = RemoteRun.objects.create(reach=reach, kind=RunKind.COLLECT, created_at=now, state=RunState.RUNNING)
    removal = Rollout.objects.create(kind=RolloutKind.REMOVE, created_at=now, created_by="olive")
    run = RemoteRun.objects.create(reach=reach, rollout=removal, kind=RunKind.REMOVE, created_at=now)
    assert claim(run.pk, now) is None
    end(visit, RunState.DONE)
    assert claim(run.pk, now) is not None


def test_there_are_so_many_slots(settings: Settings) -> None:
    settings.REMOTE_CONCURRENCY = 2
    runs = runs_on(*(reach_at(number) for number in range(1, 4)))
    assert [claim(run, timezone.now()) is not None for run in runs] == [True, True, False]
    assert next_run() == runs[2]


def test_the_sweep_tells_a_few_again_not_all(settings: Settings) -> None:
    settings.REMOTE_CONCURRENCY = 3
    runs = runs_on(*(reach_at(number) for number in range(1, 31)))
    assert lost_runs(now=timezone.now()) == []
    later = timezone.now() + LOST_AFTER + timedelta(seconds=1)
    assert lost_runs(now=later) == runs[:6]


def test_every_message_brings_the_next(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slot's worth of messages does the whole list, and one that comes twice is good for another host."""
    settings.REMOTE_CONCURRENCY = 2
    queue: list[int] = []
    monkeypatch.setattr(tasks, "enqueue", queue.extend)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda function: function())
    port = free_port()  # nothing listens there
    runs = runs_on(*(reach_at(number, port=port) for number in range(1, 12)))
    tasks.run_soon(runs=runs)
    assert queue == runs[:2]
    queue.append(runs[0])
    told = 0
    while queue:
        tasks.run_rollout_host(queue.pop(0))
        told += 1
    assert set(RemoteRun.objects.values_list("state", "problem")) == {("failed", "refused")}
    assert told < 2 * len(runs)
