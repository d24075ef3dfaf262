"""Who a machine says it is, over a real sshd: believed with the installation's key alone."""

import base64
import os
import secrets
from pathlib import Path

import pytest
from django.conf import settings as project
from django.utils import timezone

from agents.posture_agent.state import State
from posture.facts.tests.builders import container
from posture.fleet.models import (
    AuditEntry,
    EnrolmentKey,
    Host,
    HostState,
    Installation,
    Reach,
    RemoteRun,
    Source,
    SshKey,
)
from posture.fleet.services.credentials import Credential, make_credential
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.tests.cast import Machine
from posture.fleet.tests.cast import machine as enrolled_machine
from posture.remote.delivering import installation_of
from posture.remote.problems import PROBLEMS, RemoteTrouble
from posture.remote.rollout.running import run_host
from posture.remote.rollout.starting import By, Wish, start_install
from posture.remote.tests.conftest import MakeReach
from posture.remote.visiting import collect_from
from posture.tests.sshd import TestMachine, TestNetwork

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("agent_file")]
BY = By("olive", "192.0.2.1")
BARE = "rm -rf var/lib/posture-agent etc/posture-agent.conf usr/local/bin/posture-agent\n"


@pytest.fixture(scope="module")
def machine(network: TestNetwork) -> TestMachine:
    return network.machine("claimer", setup=BARE)


@pytest.fixture
def victim() -> Machine:
    """An enrolled host that reported a moment ago, from somewhere else."""
    made = enrolled_machine("victim", now=timezone.now())
    made.report([container("web")], at=timezone.now())
    return made


def claim(machine: TestMachine, folder: Path, of: Machine, key: str, following: Credential | None = None) -> None:
    """Give the machine's root the state of an agent that names the victim's installation, with this key."""
    state = State(str(folder / secrets.token_hex(4)))
    state.prepare()
    content = {
        "url": project.PUBLIC_URL,
        "installation": str(of.agent.installation),
        "token": of.token,
        "key": key,
        "ca": False,
        "interval": 300,
    }
    if following is not None:
        content["next"] = {"token": following.token, "key": following.key_text}
    state.save_enrolment(content)
    machine.sh("rm -rf /var/lib/posture-agent; mkdir -m 700 /var/lib/posture-agent")
    for path in Path(state.folder).iterdir():
        packed = base64.b64encode(path.read_bytes()).decode()
        machine.sh(f"echo {packed} | base64 -d > /var/lib/posture-agent/{path.name}")


def roll_out(reach: Reach) -> tuple[str, str, str]:
    """State, problem and detail of one host's roll-out."""
    wish = Wish(SshKey.objects.get(name="fleet"), "ops", True, get_or_create_group(), [])
    run = start_install(wish=wish, listed=[], known=[reach], by=BY).runs.get()
    run_host(run=run.pk)
    run.refresh_from_db()
    reach.refresh_from_db()
    return run.state, run.problem, run.detail


def test_a_claim_of_anothers_id_is_refused(
    machine: TestMachine, reach_to: MakeReach, victim: Machine, tmp_path: Path
) -> None:
    before = Installation.objects.filter(pk=victim.agent.installation).values().get()
    host = Host.objects.filter(pk=victim.agent.host).values().get()
    claim(machine, tmp_path, victim, base64.b64encode(os.urandom(32)).decode())
    reach = reach_to(machine)
    written = machine.sh("find /etc/cron.d /etc/systemd/system /etc/posture-agent.conf 2>/dev/null || true")
    for _twice in range(2):
        state, problem, detail = roll_out(reach)
        assert (state, problem) == ("failed", "unproven")
        assert str(victim.agent.installation) in detail
        assert victim.token not in detail
        assert reach.host is None
    assert "uninstall" in str(PROBLEMS["unproven"].advice)
    assert machine.sh("find /etc/cron.d /etc/systemd/system /etc/posture-agent.conf 2>/dev/null || true") == written
    assert Installation.objects.filter(pk=victim.agent.installation).values().get() == before
    assert Host.objects.filter(pk=victim.agent.host).values().get() == host
    assert not AuditEntry.objects.filter(action="host.source_changed").exists()
    # What the advice says helps: the machine is then let in as a host of its own, as far as it can reach a server.
    machine.sh("/usr/local/bin/posture-agent uninstall")
    assert roll_out(reach)[1] == "server_unreachable"
    assert EnrolmentKey.objects.filter(name__startswith="roll-out").exists()


@pytest.mark.parametrize("renewing", [None, "given", "used"])
def test_the_machine_itself_is_known_again(
    machine: TestMachine, reach_to: MakeReach, victim: Machine, tmp_path: Path, renewing: str | None
) -> None:
    """Also in the middle of a renewal, whose new pair the server has given and may have seen in use."""
    fresh, row = make_credential(), Installation.objects.filter(pk=victim.agent.installation)
    if renewing == "given":
        row.update(next_token_digest=fresh.token_digest, next_key_sealed=fresh.key_sealed)
    elif renewing == "used":
        row.update(token_digest=fresh.token_digest, key_sealed=fresh.key_sealed)
    claim(machine, tmp_path, victim, victim.key, fresh if renewing else None)
    reach = reach_to(machine)
    _state, problem, detail = roll_out(reach)
    assert problem != "unproven", detail
    assert reach.host_id == victim.agent.host
    machine.sh("/usr/local/bin/posture-agent uninstall")


def test_a_key_of_before_proves_nothing(
    machine: TestMachine, reach_to: MakeReach, victim: Machine, tmp_path: Path
) -> None:
    """A copy of the disk from before the credentials were renewed."""
    fresh = make_credential()
    claim(machine, tmp_path, victim, victim.key)
    Installation.objects.filter(pk=victim.agent.installation).update(
        token_digest=fresh.token_digest, key_sealed=fresh.key_sealed
    )
    reach = reach_to(machine)
    assert roll_out(reach)[1] == "unproven"
    assert reach.host is None


def test_a_login_script_that_talks_hides_nobody(
    network: TestNetwork, reach_to: MakeReach, victim: Machine, tmp_path: Path
) -> None:
    """What it prints stands before every answer: taken for silence, the agent there would be let in once more."""
    machine = network.machine("talker", setup=BARE)
    machine.sh("sed -i 's|/home/ops:/bin/sh|/home/ops:/bin/bash|' /etc/passwd; echo 'echo welcome' > /home/ops/.bashrc")
    claim(machine, tmp_path, victim, victim.key)
    reach = reach_to(machine)
    _state, problem, detail = roll_out(reach)
    assert problem != "unproven", detail
    assert reach.host_id == victim.agent.host
    assert not EnrolmentKey.objects.filter(name__startswith="roll-out").exists()
    assert not RemoteRun.objects.get().brought


def test_a_claim_to_be_a_machine_opens_nothing(network: TestNetwork, reach_to: MakeReach, victim: Machine) -> None:
    """Whoever knows another's machine id and boot is shown that host's name, and gets no more of it: no key with which
    its own agent would be told to stop, no place for its facts, no end of its token."""
    machine = network.machine("double", setup=f"{BARE}echo 0123456789abcdef0123456789abcdef > etc/machine-id\n")
    collect_from(reach_to(machine, user="root"), step=lambda _step: None)  # what is to be said
    own = Installation.objects.select_related("host").exclude(pk=victim.agent.installation).get()
    Host.objects.filter(pk=own.host_id).update(state=HostState.SILENT)
    Installation.objects.filter(pk=victim.agent.installation).update(boot_id=own.boot_id)
    known = Host.objects.filter(pk=victim.agent.host)
    known.update(machine_id=own.host.machine_id, hostname=own.host.hostname)
    reach = reach_to(machine)
    with pytest.raises(RemoteTrouble, match="known_machine"):
        collect_from(reach, step=lambda _step: None)
    reach.refresh_from_db()
    assert (reach.host_id, reach.claimed) == (victim.agent.host, True)
    assert roll_out(reach)[:2] == ("failed", "known_machine")
    assert not EnrolmentKey.objects.filter(host=victim.agent.host).exists()
    assert not RemoteRun.objects.get().brought
    known.update(source=Source.SSH)  # were it visited, the way would bring this machine's facts
    with pytest.raises(RemoteTrouble, match="known_machine"):
        installation_of(reach)
    assert Installation.objects.get(pk=victim.agent.installation).revoked_at is None
