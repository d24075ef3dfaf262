"""An agent of another server is neither touched by a roll-out nor taken away by its end."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.utils import timezone

from posture.fleet.models import Reach, RemoteRun, Rollout, RolloutKind, RunKind, RunState
from posture.fleet.services.groups import get_or_create_group
from posture.remote.exchange import Finished
from posture.remote.problems import RemoteTrouble
from posture.remote.rollout.installing import install_agent
from posture.remote.rollout.removing import remove_agent
from posture.remote.rollout.starting import By, start_removal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agent_file")]
OTHER = "https://other.example"


class Foreign:
    """A connection to a machine of another fleet; ``did`` is what was called there."""

    def __init__(self, reach: Reach, *, program: str, told: dict[str, object], left: str) -> None:
        self.reach = reach
        self.told = told
        self.seen = {"uid": 0, "python": "/bin/python3", "digest": program, "state": True, "room": {}, "server": left}
        self.did: list[str] = []

    def run(self, argv: Sequence[str], stdin: bytes = b"", **_more: object) -> Finished:
        command = argv[-2] if argv[-1] == "--json" else "look" if argv[0] == "sh" else argv[-1]
        self.did.append(command)
        return Finished(0, msgspec.json.encode(self.told if command == "status" else self.seen), b"")

    def put(self, content: bytes, path: str, **_more: object) -> None:
        self.did.append(f"put {path}")


@pytest.fixture
def reach() -> Reach:
    return Reach.objects.create(
        name="theirs", group=get_or_create_group(), address="192.0.2.7", user="root",
        created_at=timezone.now(), created_by="alice",
    )  # fmt: skip


def rollout_of(kind: RolloutKind) -> Rollout:
    return Rollout.objects.create(kind=kind, created_at=timezone.now(), created_by="alice", retire=True)


def go(how: Any, machine: Foreign, rollout: Rollout) -> None:
    """Install or remove; the machine stands for a connection."""
    how(connection=machine, reach=machine.reach, rollout=rollout, step=lambda _word: None)


@pytest.mark.parametrize("how", [install_agent, remove_agent])
@pytest.mark.parametrize(
    ("program", "told", "left"),
    [
        ("older", {"enrolled": True, "server": OTHER, "installation": "0e7f8a55-0000-4000-8000-000000000001"}, ""),
        ("damaged", {}, OTHER),  # it cannot say who it is; its state does
        ("", {}, OTHER),
    ],
)
def test_it_stays_as_it_is(reach: Reach, how: object, program: str, told: dict[str, object], left: str) -> None:
    machine = Foreign(reach, program=program, told=told, left=left)
    with pytest.raises(RemoteTrouble, match=f"enrolled_elsewhere: {OTHER}"):
        go(how, machine, rollout_of(RolloutKind.INSTALL))
    assert set(machine.did) <= {"look", "status"}


def test_taking_back_leaves_out_what_nothing_was_brought_to(reach: Reach) -> None:
    rollout = rollout_of(RolloutKind.INSTALL)
    now = timezone.now()
    run = RemoteRun.objects.create(
        reach=reach, rollout=rollout, kind=RunKind.INSTALL, state=RunState.FAILED, step="look",
        problem="enrolled_elsewhere", created_at=now, started_at=now,
    )  # fmt: skip
    assert start_removal(rollout=rollout, retire=True, by=By("alice", None)) is None
    machine = Foreign(reach, program="", told={}, left="")
    machine.seen["room"] = {"/usr/local/bin": 10**9}
    with pytest.raises(RemoteTrouble):  # it does not get further than to be enrolled
        go(install_agent, machine, rollout)
    run.refresh_from_db()
    assert run.brought, "written down before anything was changed"
    assert "put /usr/local/bin/posture-agent" in machine.did
    removal = start_removal(rollout=rollout, retire=True, by=By("alice", None))
    assert removal is not None
    assert [one.reach for one in removal.runs.all()] == [reach]


def test_an_agent_of_this_server_is_no_foreign_one(reach: Reach) -> None:
    own = settings.PUBLIC_URL.rstrip("/")
    machine = Foreign(reach, program="x", told={"enrolled": True, "server": own}, left=own)
    go(remove_agent, machine, rollout_of(RolloutKind.REMOVE))
    assert machine.did[-1] == "uninstall"
