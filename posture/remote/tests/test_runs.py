"""Which visits are due, who makes them, and how they end."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.utils import timezone
from pytest_django import Settings

from posture.fleet.models import Host, Reach, RemoteRun, RunKind, RunState, Source
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.services.scan_requests import ask_scan, fail_scan, is_pending
from posture.remote import runs
from posture.remote.delivering import Stored, read_answer
from posture.remote.problems import RemoteTrouble
from posture.remote.runs import LONGEST, ask_visit, claim, end_dead_runs, make_due_runs, make_visit, waiting_runs

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def reach(number: int, **more: object) -> Reach:
    fields = {"scheduled": True, "due_at": NOW, "created_at": NOW, "created_by": "alice"}
    where = {"name": f"machine {number}", "address": f"192.0.2.{number}", "group": get_or_create_group()}
    return Reach.objects.create(**{**where, **fields, **more})


def test_a_due_machine_is_visited_once() -> None:
    due, later, never = reach(1), reach(2, due_at=NOW + timedelta(minutes=1)), reach(3, scheduled=False)
    assert make_due_runs(now=NOW) == 1
    assert make_due_runs(now=NOW + timedelta(seconds=59)) == 0
    assert RemoteRun.objects.get().reach == due
    due.refresh_from_db()
    assert due.due_at is not None
    assert timedelta(seconds=269) < due.due_at - NOW < timedelta(seconds=331)
    assert make_due_runs(now=NOW + timedelta(hours=1)) == 1  # the first one still waits
    assert RemoteRun.objects.filter(reach=later).count() == 1
    assert not RemoteRun.objects.filter(reach=never).exists()


def test_a_wish_for_a_scan_is_a_visit() -> None:
    host = Host.objects.create(name="h", group=get_or_create_group(), created_at=NOW, scan_asked_at=NOW, source="ssh")
    reach(1, scheduled=False, host=host)
    assert make_due_runs(now=NOW) == 1
    Host.objects.update(source=Source.AGENT)
    RemoteRun.objects.all().delete()
    assert make_due_runs(now=NOW) == 0


def test_a_wish_that_came_to_nothing_knocks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host.objects.create(name="h", group=get_or_create_group(), created_at=NOW, source="ssh")
    machine = reach(1, scheduled=False, host=host)
    visits: list[Reach] = []

    def refuse(where: Reach, *, step: object) -> Stored:
        visits.append(where)
        raise RemoteTrouble("auth_failed")

    monkeypatch.setattr(runs, "collect_from", refuse)
    by: dict[str, Any] = {"actor": "alice", "address": None}
    assert ask_scan(host=host.pk, now=timezone.now(), **by)
    for minute in range(30):
        make_due_runs(now=timezone.now() + timedelta(minutes=minute))
        for run in waiting_runs():
            make_visit(run=run)
    assert visits == [machine]
    host.refresh_from_db()
    assert (is_pending(host=host), host.scan_problem) == (False, "auth_failed")
    assert ask_scan(host=host.pk, now=timezone.now(), **by), "and again"
    host.refresh_from_db()
    assert (is_pending(host=host), host.scan_problem) == (True, "")
    # A wish of after the visit began is not that visit's; an agent's never is a visit's.
    fail_scan(reach=machine.pk, began=NOW, now=timezone.now(), problem="auth_failed")
    Host.objects.update(source=Source.AGENT)
    fail_scan(reach=machine.pk, began=timezone.now(), now=timezone.now(), problem="auth_failed")
    host.refresh_from_db()
    assert is_pending(host=host)


def test_a_wish_outlives_a_worker_for_an_hour() -> None:
    asked = NOW - timedelta(minutes=59)
    host = Host.objects.create(name="h", group=get_or_create_group(), created_at=NOW, source="ssh", scan_asked_at=asked)
    machine = reach(1, scheduled=False, host=host)
    for later, made in ((timedelta(), 1), (timedelta(minutes=21), 0)):
        now = NOW + later
        RemoteRun.objects.create(
            reach=machine, kind=RunKind.COLLECT, state=RunState.RUNNING, created_at=now, started_at=now - LONGEST * 2
        )
        assert end_dead_runs(now=now) == 1
        assert make_due_runs(now=now) == made
        RemoteRun.objects.all().delete()
    host.refresh_from_db()
    assert host.scan_problem == "died"


def test_a_person_may_ask_once() -> None:
    machine = reach(1)
    assert ask_visit(reach=machine, now=NOW, actor="alice", address=None) is not None
    assert ask_visit(reach=machine, now=NOW, actor="alice", address=None) is None


def test_slots_are_bounded(settings: Settings) -> None:
    settings.REMOTE_CONCURRENCY = 2
    for number in range(4):
        reach(number + 1)
    make_due_runs(now=NOW)
    found = waiting_runs()
    assert len(found) == 4
    assert [claim(run, NOW) is not None for run in found] == [True, True, False, False]
    assert claim(found[0], NOW) is None
    RemoteRun.objects.filter(pk=found[0]).update(state=RunState.DONE)
    assert claim(found[2], NOW) is not None


def test_one_visit_at_a_machine() -> None:
    machine = reach(1)
    RemoteRun.objects.create(reach=machine, kind=RunKind.INSTALL, state=RunState.RUNNING, created_at=NOW)
    asked = ask_visit(reach=machine, now=NOW, actor="alice", address=None)
    assert asked is not None
    assert claim(asked.pk, NOW) is None
    assert waiting_runs() == []


def test_how_visits_end(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = reach(1)

    def outcome(result: object) -> RemoteRun:
        def collect(_reach: Reach, *, step: object) -> Stored:
            if isinstance(result, Exception):
                raise result
            return Stored(host=uuid4(), changed=bool(result))

        monkeypatch.setattr(runs, "collect_from", collect)
        run = RemoteRun.objects.create(reach=machine, kind=RunKind.COLLECT, created_at=NOW)
        assert make_visit(run=run.pk)
        assert not make_visit(run=run.pk)
        run.refresh_from_db()
        assert run.ended_at is not None
        return run

    assert outcome(True).state == RunState.DONE
    assert outcome(False).state == RunState.UNCHANGED
    failed = outcome(RemoteTrouble("sudo_refused", "a password is required\x1b[31m"))
    assert (failed.state, failed.problem, failed.detail) == ("failed", "sudo_refused", "a password is required [31m")
    assert outcome(ZeroDivisionError()).problem == "internal"


def test_a_visit_whose_worker_died_is_found() -> None:
    old = NOW - timedelta(minutes=21)
    run = RemoteRun.objects.create(
        reach=reach(1), kind=RunKind.COLLECT, state=RunState.RUNNING, created_at=old, started_at=old
    )
    assert end_dead_runs(now=NOW) == 1
    run.refresh_from_db()
    assert (run.state, run.problem) == (RunState.FAILED, "died")
    assert make_due_runs(now=NOW) == 1


def test_what_a_machine_answers_is_bounded(settings: Settings) -> None:
    answer = {
        "facts": {"Host": {}}, "volatile": {"Engines": {}}, "measurements": {}, "boot_id": "x", "monotonic": 1.0,
        "agent": {"Version": "1", "Python": "3", "Interval": 300}, "contents": {},
    }  # fmt: skip
    assert bytes(read_answer(msgspec.json.encode(answer)).facts) == b'{"Host":{}}'
    settings.INGEST_MAX_EXPANDED = 10
    with pytest.raises(RemoteTrouble, match="output_too_large"):
        read_answer(msgspec.json.encode(answer))
    with pytest.raises(RemoteTrouble, match="report_refused"):
        read_answer(b'{"facts": []}')
    with pytest.raises(RemoteTrouble, match="report_refused"):
        read_answer(b"no json")
