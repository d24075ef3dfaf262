"""A real dockerd behind TCP that wants certificates, on a port of the loopback."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agents.posture_agent.checks import FINE, WRONG, sources
from agents.posture_agent.collection import Options, collect
from agents.posture_agent.engine_api import EngineClient
from agents.tests.engine_certificates import Authority
from posture.tests.engine import TestEngine, available
from posture.tests.podman import free_port
from posture.tests.requirements import require

pytestmark = pytest.mark.engine


class Guarded:
    """The engine's address, and the folders of certificates with which somebody may come."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        ours, others = Authority("ours"), Authority("others")
        self.daemon = ours.issue(folder / "daemon", "daemon")
        self.good = ours.issue(folder / "good", "agent")
        self.unknown = others.issue(folder / "unknown", "stranger")
        shutil.copy(self.good / "ca.pem", self.unknown / "ca.pem")  # it trusts the engine, but not the other way round
        self.wrong = others.issue(folder / "wrong", "agent")
        self.silent = folder / "silent"
        self.silent.mkdir()
        shutil.copy(self.good / "ca.pem", self.silent / "ca.pem")

    def options(self) -> list[str]:
        """Words for dockerd."""
        files = [f"--tls{name}={self.daemon}/{file}.pem" for name, file in (("cacert", "ca"), ("cert", "cert"))]
        return ["-H", f"tcp://127.0.0.1:{self.port}", "--tlsverify", *files, f"--tlskey={self.daemon}/key.pem"]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    require("dockerd, and root to run it", available())
    found = Guarded(tmp_path_factory.mktemp("tls"), free_port())
    with TestEngine(found.options()) as engine:
        engine.create("web")
        yield found


def read(guarded: Guarded, certificates: Path | None, place: str = "https://127.0.0.1") -> dict[str, Any]:
    """The facts of a collection."""
    options = Options([f"{place}:{guarded.port}"], b"k" * 32, None)
    options.client = partial(EngineClient, certificates=str(certificates) if certificates else None)
    found: dict[str, Any] = collect(options).facts
    return found


def version(facts: dict[str, Any]) -> tuple[str, str]:
    """Reason and words of the engine's first source."""
    (source,) = [one for one in facts["Sources"] if one["Name"] == "docker.version"]
    return source["Reason"], source["Detail"]


def test_an_engine_behind_tls_is_read(guarded: Guarded) -> None:
    facts = read(guarded, guarded.good)
    (engine,) = facts["Engines"]
    assert engine["Endpoint"] == f"https://127.0.0.1:{guarded.port}"
    assert [one["Name"] for one in engine["Containers"]] == ["web"]


@pytest.mark.parametrize(
    ("folder", "reason", "words"),
    [
        ("wrong", "source_failed", "is not trusted"),
        ("unknown", "not_permitted", "cert.pem and key.pem"),
        ("silent", "not_permitted", "cert.pem and key.pem"),
        ("nowhere", "source_failed", "cannot be read"),
    ],
)
def test_why_it_cannot_be_read(guarded: Guarded, folder: str, reason: str, words: str) -> None:
    facts = read(guarded, guarded.folder / folder)
    found = version(facts)
    assert found[0] == reason
    assert words in found[1]
    assert "Containers" not in facts["Engines"][0]


def test_the_systems_authorities_do_not_know_it(guarded: Guarded) -> None:
    assert "is not trusted" in version(read(guarded, None))[1]


def test_its_name_has_to_be_in_its_certificate(guarded: Guarded) -> None:
    assert "is not trusted" in version(read(guarded, guarded.good, "https://localhost"))[1]


def test_it_is_not_asked_without_encryption(guarded: Guarded) -> None:
    reason, words = version(read(guarded, guarded.good, "tcp://127.0.0.1"))
    assert reason == "source_failed"
    assert "https://" in words


@pytest.mark.parametrize(("folder", "mark"), [("good", FINE), ("wrong", WRONG)])
def test_the_doctor_takes_the_certificates_along(guarded: Guarded, folder: str, mark: str) -> None:
    endpoint = f"https://127.0.0.1:{guarded.port}"
    found = sources.engine(EngineClient(endpoint, certificates=str(guarded.folder / folder)), endpoint)
    assert found.mark == mark
    assert ("--engine-certs" in found.advice) is (mark == WRONG)
