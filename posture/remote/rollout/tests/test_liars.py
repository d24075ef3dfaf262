"""A machine that says it is another host gets nothing of that host."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.utils import timezone

from posture.facts.tests.builders import container
from posture.fleet.models import Host, Installation, Reach, Rollout, RolloutKind
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.tests.cast import machine, minute
from posture.remote.exchange import Finished
from posture.remote.problems import RemoteTrouble
from posture.remote.rollout.installing import install_agent
from posture.remote.rollout.removing import remove_agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agent_file")]


class Liar:
    """A connection to a machine whose every program is its owner's."""

    def __init__(self, reach: Reach, installation: str) -> None:
        self.reach = reach
        self.claim = {"enrolled": True, "server": settings.PUBLIC_URL.rstrip("/"), "installation": installation}

    def run(self, argv: Sequence[str], stdin: bytes = b"", **_more: object) -> Finished:
        seen = {"uid": 0, "python": "/bin/python3", "digest": "x", "state": True, "room": {}}
        return Finished(0, msgspec.json.encode(self.claim if "status" in argv else seen), b"")

    def put(self, content: bytes, path: str, **_more: object) -> None:
        """It is thrown away."""


def reach_of(host: Host | None) -> Reach:
    return Reach.objects.create(
        name="liar", group=get_or_create_group(), address="192.0.2.7", user="root", host=host,
        created_at=timezone.now(), created_by="alice",
    )  # fmt: skip


def go(how: Any, reach: Reach, victim: Installation) -> None:
    kind = RolloutKind.REMOVE if how is remove_agent else RolloutKind.INSTALL
    rollout = Rollout.objects.create(kind=kind, created_at=timezone.now(), created_by="alice", retire=True)
    how(connection=Liar(reach, str(victim.pk)), reach=reach, rollout=rollout, step=lambda _word: None)


@pytest.fixture
def victim() -> Installation:
    made = machine()
    made.report([container("web")], at=minute(0))
    return Installation.objects.select_related("host").get(pk=made.agent.installation)


@pytest.mark.parametrize("is_known", [True, False])
def test_it_takes_no_other_hosts_agent_away(victim: Installation, is_known: bool) -> None:
    other = machine(name="other") if is_known else None
    reach = reach_of(Host.objects.get(pk=other.agent.host) if other is not None else None)
    go(remove_agent, reach, victim)
    victim.refresh_from_db()
    victim.host.refresh_from_db()
    assert (victim.revoked_at, victim.host.retired_at) == (None, None)


def test_it_removes_itself(victim: Installation) -> None:
    go(remove_agent, reach_of(victim.host), victim)
    victim.refresh_from_db()
    assert victim.revoked_at is not None


def test_a_known_machine_becomes_no_other_host(victim: Installation) -> None:
    reach = reach_of(Host.objects.get(pk=machine(name="other").agent.host))
    with pytest.raises(RemoteTrouble, match="enrolled_elsewhere"):
        go(install_agent, reach, victim)
    reach.refresh_from_db()
    assert reach.host_id != victim.host_id
