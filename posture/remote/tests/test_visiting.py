"""Collecting without an agent, from machines with a real sshd and a real engine."""

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.cache import cache
from django.utils import timezone

from posture.fleet.models import (
    Host,
    HostState,
    Installation,
    InstallationKind,
    OpenScore,
    PresenceSpan,
    Reach,
    RemoteRun,
    RunKind,
    Snapshot,
    Source,
)
from posture.fleet.services.advance import advance
from posture.remote import visiting
from posture.remote.connection import connect
from posture.remote.delivering import Answer, installation_of
from posture.remote.listing import key_questions
from posture.remote.problems import RemoteTrouble
from posture.remote.reaches import approve_host_key
from posture.remote.rollout.program import look_at
from posture.remote.runs import make_visit
from posture.remote.tests.conftest import MakeReach
from posture.remote.tunnel import NO_WAY
from posture.remote.visiting import collect_from
from posture.tests.engine import TestEngine
from posture.tests.sshd import TestMachine, TestNetwork

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agent_file")]
SOCKET = "/run/docker.sock"
WITHOUT_PYTHON = ["connect", "collect", "collect_without_python", "store"]


@pytest.fixture(scope="module")
def fleet_engine(engine: TestEngine) -> TestEngine:
    """An engine with something to tell."""
    engine.run("web", "--env", "DB_PASSWORD=hunter2hunter2", "--publish", "127.0.0.1:18080:80")
    engine.create("idle", "--privileged", "--volume", "/etc:/host:ro")
    return engine


@pytest.fixture(scope="module")
def machine(network: TestNetwork, fleet_engine: TestEngine) -> TestMachine:
    return network.machine("alpha", binds={SOCKET: fleet_engine.socket})


@pytest.fixture(autouse=True)
def empty_memory() -> None:
    cache.clear()


def facts_of(reach: Reach) -> dict[str, Any]:
    """The newest facts of a reach's host."""
    snapshot = Snapshot.objects.filter(host__reaches=reach).select_related("facts").latest("sequence")
    facts: dict[str, Any] = msgspec.json.decode(gzip.decompress(bytes(snapshot.facts.body)))
    return facts


def told(reach: Reach) -> list[str]:
    steps: list[str] = []
    collect_from(reach, step=steps.append)
    return steps


def seen_by_an_agent(machine: TestMachine, agent_file: Path, key: bytes) -> dict[str, Any]:
    """The facts that the agent itself sees on a machine, with this key of fingerprints; leaves nothing behind."""
    machine.sh("mkdir -m 0700 /tmp/state && cat > /tmp/state/host.key && chmod 600 /tmp/state/host.key", stdin=key)
    machine.sh("cat > /tmp/agent.pyz", stdin=agent_file.read_bytes())
    try:
        printed = machine.run(["python3", "-B", "/tmp/agent.pyz", "collect", "--state", "/tmp/state"])
    finally:
        machine.sh("rm -r /tmp/state /tmp/agent.pyz")
    facts: dict[str, Any] = msgspec.json.decode(printed)["facts"]
    return facts


@pytest.mark.engine
def test_sees_what_an_agent_sees(machine: TestMachine, reach_to: MakeReach, agent_file: Path) -> None:
    reach = reach_to(machine)
    before = machine.files()
    assert told(reach) == ["connect", "collect", "store"]
    assert machine.files() == before
    found = facts_of(reach)
    assert [one["Name"] for one in found["Engines"][0]["Containers"]] == ["idle", "web"]
    assert found == seen_by_an_agent(machine, agent_file, installation_of(reach)[1])


@pytest.mark.engine
def test_without_python_nearly_all_is_seen(
    network: TestNetwork, fleet_engine: TestEngine, reach_to: MakeReach, agent_file: Path
) -> None:
    machine = network.machine("bare", binds={SOCKET: fleet_engine.socket})
    reach = reach_to(machine)
    wanted = seen_by_an_agent(machine, agent_file, installation_of(reach)[1])
    machine.sh("rm -f /usr/bin/python* /usr/local/bin/python*")
    before = machine.files()
    assert told(reach) == WITHOUT_PYTHON
    assert machine.files() == before
    found = facts_of(reach)
    audit = next(one for one in found["Sources"] if one["Name"] == "host.audit")
    assert (audit["Status"], audit["Reason"]) == ("failed", "not_collected")
    for facts in (found, wanted):
        facts["Sources"] = [one for one in facts["Sources"] if one["Name"] != "host.audit"]
        facts["Host"].pop("AuditRules", None)
    assert found == wanted


@pytest.mark.engine
def test_busybox_is_enough(network: TestNetwork, fleet_engine: TestEngine, reach_to: MakeReach) -> None:
    machine = network.machine("small", busybox=True, binds={SOCKET: fleet_engine.socket})
    reach = reach_to(machine, user="root")
    before = machine.files()
    assert told(reach) == WITHOUT_PYTHON
    assert machine.files() == before
    found = facts_of(reach)
    assert [one["Name"] for one in found["Engines"][0]["Containers"]] == ["idle", "web"]
    assert found["Host"]["Hostname"] == "small"
    assert not [one for one in found["Sources"] if one["Status"] == "failed" and one["Name"] != "host.audit"]


@pytest.mark.engine
def test_who_may_not_use_the_socket_says_so(
    network: TestNetwork, fleet_engine: TestEngine, reach_to: MakeReach
) -> None:
    machine = network.machine("closed", busybox=True, binds={SOCKET: fleet_engine.socket})
    reach = reach_to(machine, use_sudo=False)
    assert told(reach) == WITHOUT_PYTHON
    version = next(one for one in facts_of(reach)["Sources"] if one["Name"] == "docker.version")
    assert version["Reason"] == "not_permitted"


@pytest.mark.engine
def test_no_way_to_the_socket_is_named_even_for_root(
    network: TestNetwork, fleet_engine: TestEngine, reach_to: MakeReach
) -> None:
    machine = network.machine(
        "noway", python=False, config="AllowStreamLocalForwarding no\n", binds={SOCKET: fleet_engine.socket},
        setup="rm -f usr/bin/socat usr/bin/docker usr/local/bin/docker usr/bin/podman usr/bin/nc* bin/nc*\n",
    )  # fmt: skip
    reach = reach_to(machine)
    assert told(reach) == WITHOUT_PYTHON
    version = next(one for one in facts_of(reach)["Sources"] if one["Name"] == "docker.version")
    assert (version["Reason"], version["Detail"]) == ("source_failed", NO_WAY)


@pytest.mark.engine
def test_visits_are_one_history(machine: TestMachine, reach_to: MakeReach) -> None:
    reach = reach_to(machine)
    first = collect_from(reach, step=lambda _step: None)
    second = collect_from(reach, step=lambda _step: None)
    assert (first.changed, second.changed) == (True, False)
    installation = Installation.objects.get(kind=InstallationKind.REMOTE)
    assert (installation.last_sequence, installation.quarantined_at) == (2, None)
    assert Snapshot.objects.count() == 1
    span = PresenceSpan.objects.get()
    assert (span.first_sequence, span.last_sequence) == (1, 2)
    host = Host.objects.get()
    assert (host.state, host.source, host.name) == (HostState.REPORTING, Source.SSH, reach.name)
    advance(host=host.pk, now=timezone.now())
    assert OpenScore.objects.filter(host=host).exists()


def test_noise_of_a_login_script_is_no_answer(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("noisy")
    machine.sh("sed -i 's|/home/ops:/bin/sh|/home/ops:/bin/bash|' /etc/passwd; echo 'echo welcome' > /home/ops/.bashrc")
    assert told(reach_to(machine)) == ["connect", "collect", "store"]


def test_no_program_goes_into_the_log_of_sudo(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("logged", setup="echo 'Defaults logfile=/run/sudo.log, loglinelen=0' >> etc/sudoers\n")
    reach = reach_to(machine)
    told(reach)
    with connect(reach) as connection:
        assert look_at(connection).uid == 0
    lines = [line for line in machine.sh("cat /run/sudo.log").splitlines() if "COMMAND=" in line]
    assert len(lines) == 4, "a question whether sudo works, and one command, each"
    assert max(len(line) for line in lines) < 800
    assert not any("import json" in line for line in lines)


def test_a_broken_python_is_named(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("broken", setup="rm -rf usr/lib/python3*/json usr/local/lib/python3*/json\n")
    with pytest.raises(RemoteTrouble) as trouble:
        told(reach_to(machine))
    assert trouble.value.problem == "agent_failed"
    assert "json" in trouble.value.detail
    assert not Host.objects.exists()


def test_facts_that_are_refused_make_no_host(
    network: TestNetwork, reach_to: MakeReach, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach = reach_to(network.machine("odd"))

    def refuse(*_words: object, **_more: object) -> None:
        assert Installation.objects.get().host == Host.objects.get()
        raise RemoteTrouble("report_refused")

    with monkeypatch.context() as patch:
        patch.setattr(visiting, "store_answer", refuse)
        with pytest.raises(RemoteTrouble, match="report_refused"):
            told(reach)
    assert not Host.objects.exists()
    reach.refresh_from_db()
    assert reach.host is None
    told(reach)
    found = facts_of(reach)
    assert found["Host"]["Hostname"]


def test_a_machine_that_becomes_a_host_meanwhile_is_left_to_its_source(
    network: TestNetwork, reach_to: MakeReach, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach = reach_to(network.machine("meanwhile"))

    def become(_reach: Reach, _own: Host | None, _answer: Answer) -> None:
        installation_of(reach)

    monkeypatch.setattr(visiting, "demand_own_machine", become)
    with pytest.raises(RemoteTrouble, match="other_source"):
        told(reach)
    assert not Snapshot.objects.exists()


def test_another_source_is_respected(machine: TestMachine, reach_to: MakeReach) -> None:
    reach = reach_to(machine)
    installation_of(reach)
    Host.objects.update(source=Source.AGENT)
    with pytest.raises(RemoteTrouble) as trouble:
        told(Reach.objects.get())
    assert trouble.value.problem == "other_source"


def test_an_unknown_key_is_shown_approved_and_then_it_works(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("stranger")
    reach = reach_to(machine, host_key="")
    run = RemoteRun.objects.create(reach=reach, kind=RunKind.COLLECT, created_at=timezone.now())
    assert make_visit(run=run.pk)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("failed", "host_key_unknown")
    assert not Host.objects.exists(), "what was never seen is no host"
    question = key_questions()[0]
    assert question.fingerprint in machine.sh("ssh-keygen -lf /etc/ssh/test_host_key")
    by: dict[str, Any] = {"actor": "alice", "address": None}
    assert not approve_host_key(reach=reach, fingerprint="SHA256:other", **by)
    assert approve_host_key(reach=reach, fingerprint=question.fingerprint, **by)
    again = RemoteRun.objects.create(reach=reach, kind=RunKind.COLLECT, created_at=timezone.now())
    assert make_visit(run=again.pk)
    again.refresh_from_db()
    assert (again.state, again.problem, again.detail) == ("done", "", "")
    assert key_questions() == []
