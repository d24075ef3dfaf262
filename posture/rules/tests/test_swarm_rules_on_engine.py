"""The swarm rules on a real swarm of one node: as an engine makes it, and after the fixes, typed as written."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from posture.evaluation import catalogue, ruleset
from posture.evaluation.evaluate import evaluate
from posture.evaluation.rule import Via
from posture.evaluation.verdict import Verdict
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.vocabulary import Kind
from posture.facts.wire.snapshot import Snapshot
from posture.remediation.plan import fix
from posture.tests.engine import IMAGE, TestEngine, available
from posture.tests.requirements import require

pytestmark = pytest.mark.engine
CATALOGUE = catalogue.load()
RULESET = ruleset.build(CATALOGUE, parameters={}, editions=["cis-docker-1.8.0"])
OVERLAY = "network-overlay-encrypted~cis-docker-1.8.0"
PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Seen:
    """What the agent sent, and the verdicts on the swarm and on networks by check and name."""

    sent: bytes
    facts: HostFacts
    verdicts: Mapping[tuple[str, str], Verdict]

    def statuses(self) -> dict[str, str]:
        return {check: one.status.value for (check, _), one in self.verdicts.items() if check.startswith("swarm-")}

    def networks(self) -> dict[str, str]:
        return {name: one.status.value for (check, name), one in self.verdicts.items() if check == OVERLAY}


def look(engine: TestEngine, folder: Path) -> Seen:
    command = [sys.executable, "-m", "agents.posture_agent", "collect", "-H", engine.endpoint, "--state", str(folder)]
    sent = subprocess.run(command, check=True, capture_output=True).stdout
    facts = normalise(msgspec.json.decode(sent, type=Snapshot))
    found = evaluate(facts, RULESET, datetime.now(UTC), everything=True).verdicts
    kinds = (Kind.SWARM, Kind.NETWORK)
    verdicts = {(one.check, one.resource.name): one for one in found if one.resource.kind in kinds}
    return Seen(sent, facts, verdicts)


def type_fix(engine: TestEngine, seen: Seen, check: str, name: str, via: Via = Via.SWARM) -> None:
    """A step as it is shown for this resource, in a shell that stops at the first command that fails."""
    verdict = seen.verdicts[check, name]
    rule = CATALOGUE.rules[check.partition("~")[0]]
    one = fix(rule, verdict.resource, seen.facts.context[verdict.resource.engine], verdict.evidence)
    script = next(step.text for step in one.steps if step.via is via)
    environment = {"PATH": os.environ["PATH"], "DOCKER_HOST": engine.endpoint, "HOME": str(engine.folder)}
    # One command asks whether it is meant.
    done = subprocess.run(["sh", "-e", "-c", script], input=b"y\n", capture_output=True, env=environment, timeout=120)
    assert done.returncode == 0, f"{done.stderr.decode()}\n{script}"


def wait_until_gone(engine: TestEngine, network: str) -> None:
    """A swarm removes a network in its own time: the command only asks for it."""
    end = time.monotonic() + 60
    while network in engine.docker("network", "ls", "--format", "{{.Name}}").split():
        assert time.monotonic() < end, f"{network} stays"
        time.sleep(0.2)


def ca_not_before(seen: Seen) -> datetime:
    swarm = next(one for one in seen.facts.resources if one.kind is Kind.SWARM)
    value = swarm.facts["CANotBefore"]
    assert isinstance(value, str)
    return datetime.fromisoformat(value)


@pytest.fixture(scope="module")
def swarm() -> Iterator[TestEngine]:
    require("dockerd", available())
    with TestEngine(namespace=True) as engine:
        # The address that fix texts use as their example, on no other network than this one.
        inside = ["ip", "-n", str(engine.namespace)]
        subprocess.run([*inside, "address", "add", "192.0.2.10/24", "dev", engine.bridge], check=True)
        engine.docker("swarm", "init", "--advertise-addr", "192.0.2.10")
        engine.docker("network", "create", "--driver", "overlay", "plain")
        engine.docker("network", "create", "--driver", "overlay", "--opt", "encrypted", "secret")
        engine.docker(
            *("service", "create", "--detach", "--name", "web", "--replicas", "0", "--network", "plain"),
            *("--env", f"DB_PASSWORD={PASSWORD}", IMAGE, "sleep", "3600"),
        )
        yield engine
        engine.docker("swarm", "leave", "--force")


def test_a_swarm_as_it_comes_and_after_its_fixes(swarm: TestEngine, tmp_path: Path) -> None:
    first = look(swarm, tmp_path)
    assert first.statuses() == {
        "swarm-manager-count": "pass",
        "swarm-control-address": "fail",
        "swarm-secrets": "fail",
        "swarm-autolock": "fail",
        "swarm-certificate-life": "fail",  # ninety days
        "swarm-ca-age": "pass",
    }
    assert {name: status for name, status in first.networks().items() if status != "not_applicable"} == {
        "ingress": "fail",
        "plain": "fail",
        "secret": "pass",
    }
    assert {first.networks()[name] for name in ("bridge", "host", "none")} == {"not_applicable"}
    assert PASSWORD.encode() not in first.sent

    root = swarm.docker("swarm", "ca")
    for check in ("swarm-secrets", "swarm-autolock", "swarm-certificate-life", "swarm-ca-age"):
        type_fix(swarm, first, check, "docker")
    type_fix(swarm, first, OVERLAY, "plain")
    type_fix(swarm, first, OVERLAY, "ingress", Via.LIVE)
    wait_until_gone(swarm, "ingress")
    second = look(swarm, tmp_path)
    assert second.statuses() == {
        "swarm-manager-count": "pass",
        "swarm-control-address": "fail",  # fixed when a node joins, see below
        "swarm-secrets": "pass",
        "swarm-autolock": "pass",
        "swarm-certificate-life": "pass",
        "swarm-ca-age": "pass",
    }
    assert {name: status for name, status in second.networks().items() if status != "not_applicable"} == {
        "ingress-encrypted": "pass",
        "plain-encrypted": "pass",
        "secret": "pass",
    }
    assert swarm.docker("swarm", "ca") != root
    assert timedelta() < datetime.now(UTC) - ca_not_before(second) < timedelta(hours=1)
    old = evaluate(second.facts, RULESET, datetime.now(UTC) + timedelta(days=400)).states["swarm-ca-age"]
    assert old.status.value == "fail"

    type_fix(swarm, second, "swarm-control-address", "docker")
    third = look(swarm, tmp_path)
    assert third.statuses()["swarm-control-address"] == "pass"
