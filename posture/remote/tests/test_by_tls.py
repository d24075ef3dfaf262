"""Engines over TLS: a real dockerd that verifies who asks."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.cache import cache
from django.utils import timezone

from agents.tests.authority import Authority
from posture.fleet.models import Host, Reach, Snapshot, Source
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.services.sealing import seal
from posture.launch.port import free_port
from posture.remote.by_tls import PURPOSE
from posture.remote.problems import RemoteTrouble
from posture.remote.visiting import collect_from
from posture.tests.engine import TestEngine, available
from posture.tests.requirements import require

pytestmark = [pytest.mark.django_db, pytest.mark.engine, pytest.mark.usefixtures("agent_file")]


class Guarded:
    """An engine that lets in whom its authority knows."""

    def __init__(self, engine: TestEngine, authority: Authority, port: int) -> None:
        self.engine = engine
        self.authority = authority
        self.port = port


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    require("dockerd", available())
    authority, port = Authority(tmp_path_factory.mktemp("tls")), free_port()
    certificate, key = authority.issue("localhost")
    options = ["--tlsverify", f"--tlscacert={authority.pem}", f"--tlscert={certificate}"]
    options += [f"--tlskey={key}", "-H", f"tcp://127.0.0.1:{port}"]
    with TestEngine(options) as engine:
        engine.run("web")
        yield Guarded(engine, authority, port)


@pytest.fixture(autouse=True)
def empty_memory() -> None:
    cache.clear()


def papers(authority: Authority) -> dict[str, Any]:
    """A certificate of this authority by which an engine may know us."""
    certificate, key = authority.issue("posture")
    return {
        "tls_certificate": certificate.read_text(),
        "tls_key_sealed": seal(key.read_bytes(), purpose=PURPOSE),
    }


def reach_to(guarded: Guarded, **more: Any) -> Reach:
    fields = {
        "name": "engine", "group": get_or_create_group(), "method": Source.TLS, "address": "localhost",
        "port": guarded.port, "tls_ca": guarded.authority.pem.read_text(), "created_at": timezone.now(),
        "created_by": "alice",
    }  # fmt: skip
    return Reach.objects.create(**{**fields, **papers(guarded.authority), **more})


def problem_of(reach: Reach) -> str:
    with pytest.raises(RemoteTrouble) as trouble:
        collect_from(reach, step=lambda _step: None)
    return trouble.value.problem


def test_the_engine_is_seen_and_its_host_is_not(guarded: Guarded) -> None:
    reach = reach_to(guarded)
    first = collect_from(reach, step=lambda _step: None)
    second = collect_from(reach, step=lambda _step: None)
    assert (first.changed, second.changed) == (True, False)
    facts = msgspec.json.decode(gzip.decompress(bytes(Snapshot.objects.get().facts.body)))
    engine = facts["Engines"][0]
    assert [one["Name"] for one in engine["Containers"]] == ["web"]
    assert engine["Images"][0]["SetuidFiles"] is not None
    assert facts["Host"] == {"Hostname": guarded.engine.docker("info", "--format", "{{.Name}}")}
    states = {one["Name"]: one.get("Reason", one["Status"]) for one in facts["Sources"]}
    assert {state for name, state in states.items() if name.startswith("host.")} == {"not_collected"}
    assert states["docker.containers"] == states["docker.images"] == states["docker.info"] == "ok"
    assert Host.objects.get().source == Source.TLS


def test_who_is_not_who_it_should_be_is_refused(guarded: Guarded, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    assert problem_of(reach_to(guarded, tls_ca=stranger.pem.read_text())) == "tls_refused"
    assert problem_of(reach_to(guarded, name="stranger", user="x", **papers(stranger))) == "tls_refused"
    assert problem_of(reach_to(guarded, name="other name", address="127.0.0.1")) == "tls_refused"
    assert problem_of(reach_to(guarded, name="closed", port=free_port())) == "refused"
