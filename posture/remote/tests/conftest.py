"""Machines to reach, and what the server knows of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from agents.tests.built import write_agent
from posture.fleet.models import Reach, SshKey
from posture.fleet.services.groups import get_or_create_group
from posture.remote.keys import make_ssh_key
from posture.tests import sshd
from posture.tests.requirements import require
from posture.tests.sshd import TestMachine, TestNetwork

MakeReach = Callable[..., Reach]


@pytest.fixture(scope="module")
def network() -> Iterator[TestNetwork]:
    """Real machines with a real sshd, shared by the tests of one module."""
    require("sshd", sshd.available())
    with TestNetwork() as running:
        yield running


@pytest.fixture(scope="module")
def agent_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The agent as it is built today, as the file that this server ships."""
    path = tmp_path_factory.mktemp("agent") / "agent.pyz"
    write_agent(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.AGENT_FILE", path)
        yield path


@pytest.fixture
def ssh_key(db: None) -> SshKey:
    """A key pair of the server."""
    return make_ssh_key(name="fleet", actor="alice", address=None)


@pytest.fixture
def reach_to(ssh_key: SshKey) -> MakeReach:
    """Makes the row by which a machine is reached; its key is let in and its host key approved."""

    def make(machine: TestMachine, **more: object) -> Reach:
        user = str(more.get("user", sshd.USER))
        if more.get("key", ssh_key) is ssh_key:
            machine.authorize(ssh_key.public, user=user)
        fields: dict[str, object] = {
            "name": f"{machine.name}-{user}",
            "group": get_or_create_group(),
            "address": machine.address,
            "port": machine.port,
            "user": user,
            "key": ssh_key,
            "use_sudo": user != "root",
            "host_key": machine.host_key,
            "created_at": timezone.now(),
            "created_by": "alice",
        }
        return Reach.objects.create(**{**fields, **more})

    return make
