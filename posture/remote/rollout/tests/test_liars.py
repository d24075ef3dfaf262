"""A machine that says it is another host gets nothing of that host."""

import hashlib
import hmac
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.utils import timezone

from posture.facts.tests.builders import container
from posture.fleet.models import Host, Installation, Reach, Rollout, RolloutKind
from posture.fleet.services.credentials import PURPOSE
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.services.proving import is_proven, make_nonce
from posture.fleet.services.sealing import unseal
from posture.fleet.tests.cast import machine, minute
from posture.remote.exchange import Finished
from posture.remote.problems import RemoteTrouble
from posture.remote.rollout.installing import demand_start, install_agent
from posture.remote.rollout.program import Program, Seen
from posture.remote.rollout.removing import remove_agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agent_file")]


class Liar:
    """A connection to a machine whose every program is its owner's."""

    def __init__(self, reach: Reach, installation: str, proof: bytes = b"") -> None:
        self.reach = reach
        self.proof = proof
        self.claim = {"enrolled": True, "server": settings.PUBLIC_URL.rstrip("/"), "installation": installation}

    def run(self, argv: Sequence[str], stdin: bytes = b"", **_more: object) -> Finished:
        seen = {"uid": 0, "python": "/bin/python3", "digest": "x", "state": True, "room": {}}
        if "prove" in argv:
            return Finished(0, self.proof, b"")
        return Finished(0, msgspec.json.encode(self.claim if "status" in argv else seen), b"")

    def put(self, content: bytes, path: str, **_more: object) -> None:
        """It is thrown away."""


def reach_of(host: Host | None) -> Reach:
    return Reach.objects.create(
        name="liar", group=get_or_create_group(), address="192.0.2.7", user="root", host=host,
        created_at=timezone.now(), created_by="alice",
    )  # fmt: skip


def go(how: Any, reach: Reach, victim: Installation, proof: bytes = b"") -> None:
    kind = RolloutKind.REMOVE if how is remove_agent else RolloutKind.INSTALL
    rollout = Rollout.objects.create(kind=kind, created_at=timezone.now(), created_by="alice", retire=True)
    how(connection=Liar(reach, str(victim.pk), proof), reach=reach, rollout=rollout, step=lambda _word: None)


@pytest.fixture
def victim() -> Installation:
    made = machine()
    made.report([container("web")], at=minute(0))
    return Installation.objects.select_related("host").get(pk=made.agent.installation)


@pytest.mark.parametrize("is_known", [True, False])
def test_it_takes_no_other_hosts_agent_away(victim: Installation, is_known: bool) -> None:
    other = machine(name="other") if is_known else None
    reach = reach_of(Host.objects.get(pk=other.agent.host) if other is not None else None)
    with pytest.raises(RemoteTrouble, match="enrolled_elsewhere") if is_known else nullcontext():
        go(remove_agent, reach, victim)
    victim.refresh_from_db()
    victim.host.refresh_from_db()
    assert (victim.revoked_at, victim.host.retired_at) == (None, None)


def test_a_claim_ends_no_agent(victim: Installation) -> None:
    reach = reach_of(victim.host)
    reach.claimed = True
    go(remove_agent, reach, victim)
    victim.refresh_from_db()
    assert victim.revoked_at is None


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


@pytest.mark.parametrize("is_known", [True, False])
def test_a_claim_needs_a_fresh_proof(victim: Installation, is_known: bool) -> None:
    key, nonce = unseal(bytes(victim.key_sealed), purpose=PURPOSE), make_nonce()
    heard = hmac.new(key, f"proof\n{victim.pk}\n{nonce}".encode(), hashlib.sha256).hexdigest()
    assert is_proven(installation=victim, nonce=nonce, proofs=["", heard])
    reach = reach_of(victim.host if is_known else None)
    for proof in (b"", heard.encode(), b"\xff\n" * 1000, b"0" * 64, b"\xc3\xa9 " * 3):
        with pytest.raises(RemoteTrouble, match="unproven"):
            go(install_agent, reach, victim, proof)
        reach.refresh_from_db()
        assert (reach.host_id is not None) == is_known
    victim.key_sealed = b""
    assert not is_proven(installation=victim, nonce=nonce, proofs=[heard])


@pytest.mark.parametrize("runs", ["cron", 7, None, [], {"by": 1}, {"active": "yes"}, {"by": "cron", "active": None}])
def test_nonsense_about_its_clock_starts_nothing(victim: Installation, runs: object) -> None:
    liar = Liar(reach_of(None), str(victim.pk))
    liar.claim = {**liar.claim, "runs": runs}
    seen = Seen(uid=0, python="/bin/python3", digest="", state=True, room={})
    with pytest.raises(RemoteTrouble, match="not_started"):
        demand_start(Program(liar, seen))  # type: ignore[arg-type]  # stands for a connection


def test_a_key_that_does_not_open_is_said(victim: Installation) -> None:
    Installation.objects.filter(pk=victim.pk).update(key_sealed=b"of another time")
    with pytest.raises(RemoteTrouble, match="key_unreadable"):
        go(install_agent, reach_of(None), victim)
