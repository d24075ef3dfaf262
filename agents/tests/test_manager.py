"""A collection from a real swarm manager: its services, a committed image, and a scan of it that lies on the host."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agents.posture_agent.collection import Options, collect
from agents.tests.test_scans import constructed_grype
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.tests.builders import snapshot as envelope
from posture.facts.wire.snapshot import Facts
from posture.tests.engine import IMAGE, TestEngine, available
from posture.tests.requirements import require

pytestmark = pytest.mark.engine

CANARY = "c4nary-manager-7Hq2"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The facts of a manager in a network of its own."""
    require("dockerd", available())
    with TestEngine(namespace=True) as engine:
        engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "0.0.0.0:2377")
        engine.run("patched")
        engine.docker("exec", "patched", "touch", "/tmp/patch")
        engine.docker("commit", "-m", "patched by hand", "patched", "shop/api:1")
        words = ["docker", "-H", engine.endpoint, "secret", "create", "token", "-"]
        subprocess.run(words, input=CANARY.encode(), check=True, capture_output=True)
        engine.docker("network", "create", "-d", "overlay", "--opt", "encrypted", "sealed")
        engine.docker("service", "create", "--name", "api", "--network", "sealed", "--secret", "token", "-q",
                      "--restart-condition", "on-failure", "--restart-max-attempts", "5", "--no-resolve-image",
                      "-e", f"DB_PASSWORD={CANARY}", "shop/api:1", "sleep", "3600")  # fmt: skip
        scans = tmp_path_factory.mktemp("scans")
        identity = engine.docker("image", "inspect", "--format", "{{.Id}}", "shop/api:1")
        (scans / "api.json").write_text(json.dumps(constructed_grype(imageID=identity)))
        yield collect(Options([engine.endpoint], b"k" * 32, None, scans=str(scans))).facts


@pytest.fixture(scope="module")
def found(collected: dict[str, Any]) -> HostFacts:
    """What the facts room makes of them."""
    facts = msgspec.convert(collected, Facts)
    return normalise(msgspec.structs.replace(envelope(), facts=facts))


def facts_of(found: HostFacts, kind: str, name: str) -> dict[str, Any]:
    return dict(next(one.facts for one in found.resources if one.kind == kind and one.name.startswith(name)))


def test_no_secret_leaves_the_host(collected: dict[str, Any]) -> None:
    assert CANARY not in json.dumps(collected)
    assert "SWMTKN" not in json.dumps(collected)


def test_the_swarm(found: HostFacts) -> None:
    facts = facts_of(found, "swarm", "docker")
    assert facts["Managers"] == 1
    assert facts["CANotBefore"].startswith("20")
    assert facts["ControlWildcards"] == ("[::]:2377", "[::]:7946")
    assert facts["SecretsInServices"] == ("api: secret-variable at ContainerSpec.Env.DB_PASSWORD",)


def test_its_networks(found: HostFacts) -> None:
    assert facts_of(found, "network", "sealed")["Encrypted"] is True
    assert facts_of(found, "network", "sealed")["Services"] == ("api",)
    assert facts_of(found, "network", "ingress")["Ingress"] is True
    assert facts_of(found, "network", "ingress")["Encrypted"] is False


def test_a_committed_and_scanned_image(found: HostFacts) -> None:
    facts = facts_of(found, "image", "shop/api:1")
    assert facts["Committed"] is True
    assert (facts["Scanned"], facts["CriticalVulnerabilities"], facts["FixableHigh"]) == (True, 1, 0)
    assert facts["FitsHost"] is True
    base = facts_of(found, "image", IMAGE)
    assert (base["Committed"], base["Scanned"], base["Release"]) == (False, False, "")


def test_a_container_of_the_service(found: HostFacts) -> None:
    facts = facts_of(found, "container", "api.1")
    assert facts["SwarmTask"] is True
    assert (facts["ServiceRestartCondition"], facts["ServiceRestartMaxAttempts"]) == ("on-failure", 5)
    assert facts["WritableBytes"] == 0
    assert facts_of(found, "container", "patched")["ServiceRestartCondition"] == ""
