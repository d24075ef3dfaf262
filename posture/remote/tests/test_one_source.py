"""One source a host: one regular way, one visit at a time, one host a machine."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from posture.fleet.models import (
    Host,
    HostState,
    Installation,
    InstallationKind,
    PresenceSpan,
    Reach,
    RemoteRun,
    RunState,
    Snapshot,
    Source,
    SshKey,
)
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.services.merging import merge_hosts
from posture.fleet.services.scan_requests import ask_scan
from posture.fleet.tests.cast import minute
from posture.remote.delivering import installation_of, read_answer, store_answer
from posture.remote.problems import RemoteTrouble
from posture.remote.reaches import FIELDS, save_reach
from posture.remote.runs import ask_visit, claim, make_due_runs, waiting_runs
from posture.remote.tests.conftest import MakeReach
from posture.remote.visiting import collect_from, visit, wishes_for
from posture.tests.sshd import TestNetwork

pytestmark = pytest.mark.django_db
BY: dict[str, Any] = {"actor": "alice", "address": None}


def quiet(_step: str) -> None:
    """Nobody follows this visit."""


def way(name: str, number: int, **more: object) -> Reach:
    fields = {"created_at": timezone.now(), "created_by": "alice", "group": get_or_create_group()}
    return Reach.objects.create(**{"name": name, "address": f"192.0.2.{number}", **fields, **more})


def wish(reach: Reach, **more: object) -> dict[str, object]:
    return {**{name: getattr(reach, name) for name in FIELDS}, **more}


def test_a_second_regular_way_ends_the_first(ssh_key: SshKey) -> None:
    first = way("first", 1, key=ssh_key, scheduled=True)
    host = installation_of(first)[0].host
    second = Reach(host=host)
    form = wish(first, name="second", address="192.0.2.2", scheduled=True)
    save_reach(reach=second, wished=form, tls_key="", **BY)
    assert list(Reach.objects.filter(scheduled=True)) == [second]
    first.refresh_from_db()
    assert first.due_at is None
    save_reach(reach=first, wished=wish(first, scheduled=True), tls_key="", **BY)
    assert list(Reach.objects.filter(scheduled=True)) == [first]
    with pytest.raises(IntegrityError, match="reach_scheduled_once"), transaction.atomic():
        Reach.objects.filter(host=host).update(scheduled=True)


def test_merged_hosts_have_one_regular_way() -> None:
    old, new = way("old", 1, scheduled=True), way("new", 2, scheduled=True)
    installations = [installation_of(reach)[0] for reach in (old, new)]
    for installation, at in zip(installations, (1, 50), strict=True):
        times = {"first_sequence": 1, "last_sequence": 1, "from_at": minute(at), "to_at": minute(at)}
        host = installation.host
        PresenceSpan.objects.create(installation=installation, host=host, digest="sha256:" + "0" * 64, **times)
    older, newer = (installation.host_id for installation in installations)
    merge_hosts(newer=newer, older=older, now=timezone.now(), actor="alice")
    assert list(Reach.objects.filter(scheduled=True)) == [new]
    assert set(Reach.objects.values_list("host", flat=True)) == {older}


def test_one_visit_at_a_host_over_whichever_way() -> None:
    first = way("first", 1, scheduled=True)
    host = installation_of(first)[0].host
    second = way("second", 2, host=host)
    for reach in (first, second):
        assert ask_visit(reach=reach, now=timezone.now(), **BY) is not None
    runs = waiting_runs()
    assert [claim(run, timezone.now()) is not None for run in runs] == [True, False]
    assert waiting_runs() == []
    RemoteRun.objects.filter(pk=runs[0]).update(state=RunState.DONE)
    assert claim(runs[1], timezone.now()) is not None
    RemoteRun.objects.all().delete()
    Reach.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert ask_scan(host=host.pk, now=timezone.now(), **BY)
    assert [make_due_runs(now=timezone.now()) for _twice in range(2)] == [1, 0]
    assert RemoteRun.objects.get().reach == first


@pytest.mark.usefixtures("agent_file")
def test_visits_that_are_stored_at_once_are_no_clone(network: TestNetwork, reach_to: MakeReach) -> None:
    reach = reach_to(network.machine("double"))
    installation, key = installation_of(reach)
    answers = [read_answer(visit(reach, wishes_for(installation, key), quiet)) for _two in range(2)]
    # Both have the row of before either was stored.
    rows = [Installation.objects.select_related("host").get(pk=installation.pk) for _two in range(2)]
    for row, answer in zip(rows, answers, strict=True):
        store_answer(row, answer, observed_at=timezone.now(), now=timezone.now())
    installation.refresh_from_db()
    assert (installation.quarantined_at, installation.last_sequence) == (None, 2)
    Installation.objects.update(revoked_at=timezone.now())
    with pytest.raises(RemoteTrouble, match="other_source"):
        store_answer(rows[0], answers[0], observed_at=timezone.now(), now=timezone.now())
    assert Snapshot.objects.count() <= 2


@pytest.mark.usefixtures("agent_file")
def test_a_machine_that_is_a_host_becomes_no_second_one(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("twice", setup="echo 0123456789abcdef0123456789abcdef > etc/machine-id\n")
    first = reach_to(machine, scheduled=True)
    collect_from(first, step=quiet)
    known = Host.objects.get()
    assert known.machine_id
    second = reach_to(machine, user="root", scheduled=True)
    with pytest.raises(RemoteTrouble, match=f"known_machine: {known.name} "):
        collect_from(second, step=quiet)
    second.refresh_from_db()
    assert (Host.objects.get(), second.host, second.scheduled) == (known, known, False)
    # An agent is there: the same, and a person may choose the new way all the same.
    Host.objects.update(source=Source.AGENT)
    Installation.objects.update(kind=InstallationKind.AGENT)
    with pytest.raises(RemoteTrouble, match="other_source"):
        collect_from(second, step=quiet)
    save_reach(reach=second, wished=wish(second, scheduled=True), tls_key="", **BY)
    collect_from(second, step=quiet)
    known.refresh_from_db()
    assert (Host.objects.count(), known.source) == (1, Source.SSH)
    assert Installation.objects.get(kind=InstallationKind.AGENT).revoked_at is not None


@pytest.mark.usefixtures("agent_file")
def test_visits_yield_to_an_agent_that_came_later_and_to_no_silent_one(
    network: TestNetwork, reach_to: MakeReach
) -> None:
    machine = network.machine("later", setup="echo 0123456789abcdef0123456789abcdef > etc/machine-id\n")
    reach = reach_to(machine, scheduled=True)
    collect_from(reach, step=quiet)
    own = Host.objects.get()
    agents = Host.objects.create(
        name="later", hostname=own.hostname, machine_id=own.machine_id, group=own.group, created_at=timezone.now(),
        state=HostState.REPORTING, first_seen_at=timezone.now(),
    )  # fmt: skip
    boot = Installation.objects.get().boot_id
    Installation.objects.create(host=agents, token_digest="0" * 64, enrolled_at=timezone.now(), boot_id=boot)
    reach.refresh_from_db()
    with pytest.raises(RemoteTrouble, match=r"known_machine: later"):
        collect_from(reach, step=quiet)
    Host.objects.filter(pk=agents.pk).update(state=HostState.SILENT)
    collect_from(reach, step=quiet)


def test_a_retired_host_is_named_as_such() -> None:
    reach = way("gone", 1)
    installation_of(reach)
    Host.objects.update(retired_at=timezone.now())
    with pytest.raises(RemoteTrouble, match="retired"):
        installation_of(Reach.objects.get())
