"""The daemon rules against real engines, read by the real agent: one that follows every fix, one that is careless."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from posture.evaluation import catalogue, ruleset
from posture.evaluation.evaluate import evaluate
from posture.facts.normalise import normalise
from posture.facts.wire.snapshot import Snapshot
from posture.rules.tests.snippets import CONTRARY, snippets
from posture.tests.engine import TestEngine, available
from posture.tests.requirements import require

pytestmark = pytest.mark.engine
RULES = catalogue.load().rules
GIVEN = {"daemon-unused-images": {"maximum": 0}, "daemon-stopped-containers": {"maximum": 0}}
# Their fixes need a plugin, a system account, an engine of another user; or undo the fix of another rule.
UNTRIED = {"daemon-authorization", "daemon-userns-remap", "daemon-rootless", *CONTRARY}
# They judge the machine's disks and the age of its engine, or are manual.
NOT_OURS = {
    *("daemon-data-root-partition", "daemon-data-root-encrypted", "daemon-supported-version"),
    "daemon-change-plan",
}
CARELESS = {
    "log-level": "debug",
    "iptables": False,
    "insecure-registries": ["registry.example.org:5000"],
    "cgroup-parent": "/elsewhere",
    "experimental": True,
    "default-ulimits": {"core": {"Name": "core", "Soft": 0, "Hard": 0}},
}


def statuses(engine: TestEngine, folder: Path, given: ruleset.Parameters) -> dict[str, str]:
    """The status of each rule, from the engine to the verdict."""
    command = [sys.executable, "-m", "agents.posture_agent", "collect", "-H", engine.endpoint, "--state", str(folder)]
    snapshot = msgspec.json.decode(subprocess.run(command, check=True, capture_output=True).stdout, type=Snapshot)
    rules = ruleset.build(catalogue.load(), parameters=given)
    verdicts = evaluate(normalise(snapshot), rules, datetime.now(UTC), everything=True).verdicts
    return {verdict.check.partition("~")[0]: verdict.status.value for verdict in verdicts}


def judged(engine: TestEngine, folder: Path) -> dict[str, str]:
    """The status of each daemon rule that the engine's settings decide."""
    found = statuses(engine, folder, GIVEN)
    return {rule: found[rule] for rule in found if rule.startswith("daemon-") and rule not in NOT_OURS}


def test_every_fix_is_seen(tmp_path: Path) -> None:
    require("dockerd", available())
    with TestEngine(config=json.dumps(snippets()), namespace=True) as engine:
        engine.docker("rmi", "posture-test:1")
        found = judged(engine, tmp_path)
    assert found.pop("daemon-base-device-size") == "not_applicable"
    assert {rule: status for rule, status in found.items() if rule not in UNTRIED} == {
        rule.id: "pass"
        for rule in RULES.values()
        if rule.subject.value == "daemon" and rule.id not in {*UNTRIED, *NOT_OURS, "daemon-base-device-size"}
    }
    assert {found[rule] for rule in UNTRIED} == {"fail"}


def test_carelessness_is_seen(tmp_path: Path) -> None:
    require("dockerd", available())
    # The port is open inside the engine's own network namespace only.
    options = ["-H", "tcp://127.0.0.1:2375"]
    with TestEngine(options, config=json.dumps(CARELESS), namespace=True) as engine:
        engine.create("left-behind", "--network", "none")
        engine.docker("tag", "posture-test:1", "unused:1")
        engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
        found = judged(engine, tmp_path)
        engine.docker("swarm", "leave", "--force")
    not_failing = {rule: status for rule, status in found.items() if status != "fail"}
    assert not_failing == {
        "daemon-base-device-size": "not_applicable",
        "daemon-dangling-images": "pass",
        "daemon-iptables-off": "pass",  # what another source calls careful
        "daemon-legacy-registry": "pass",  # engine 20.10 knows no registry of the first generation
        "daemon-live-restore": "not_applicable",  # a swarm excludes it
        "daemon-minimum-version": "pass",
        "daemon-seccomp": "pass",  # engine 20.10 cannot be told to go without
        "daemon-shared-volumes": "pass",
        "daemon-storage-aufs": "pass",  # the kernel of the test machine has no aufs
        "daemon-storage-current": "pass",
        "daemon-storage-devicemapper": "pass",
        "daemon-unused-images": "pass",  # the one image is in use, by the container that was left behind
    }


def on_mount(folder: Path, *mount: str) -> str:
    """What is said of an engine whose data root is this mount; the engine unmounts it in the end."""
    engine = TestEngine(namespace=True)
    engine.data_root.mkdir()
    subprocess.run(["mount", *mount, str(engine.data_root)], check=True)
    with engine:
        return statuses(engine, folder, {})["daemon-data-root-partition"]


def test_only_another_device_is_a_file_system_of_its_own(tmp_path: Path) -> None:
    require("dockerd", available())
    assert on_mount(tmp_path, "--types", "tmpfs", "tmpfs") == "pass"
    with TemporaryDirectory(dir="/var/tmp") as folder:  # a mount point too, but of the device that holds the system
        assert on_mount(tmp_path, "--bind", folder) == "fail"


def test_an_engine_out_of_maintenance_and_who_vouches_for_it(tmp_path: Path) -> None:
    """The engine of the test machine is a distribution's; its own makers gave it up in 2023."""
    require("dockerd", available())
    with TestEngine(namespace=True) as engine:
        version = engine.docker("version", "--format", "{{.Server.Version}}")
        assert version.startswith("20.10."), "another engine than the one this test knows"
        alone = statuses(engine, tmp_path, {})
        vouched = statuses(engine, tmp_path, {"daemon-supported-version": {"accepted": (version,)}})
    assert alone["daemon-supported-version"] == "fail"
    assert vouched["daemon-supported-version"] == "pass"
