"""A real engine, the real agent, the real rules: every status of sections 4 and 5 against a hand-written table."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from posture.evaluation.catalogue import load
from posture.evaluation.evaluate import evaluate
from posture.evaluation.ruleset import Ruleset, build
from posture.evaluation.verdict import Status
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.snapshot import Snapshot
from posture.facts.vocabulary import Kind
from posture.tests.engine import TestEngine, available
from posture.tests.golden.fleet import build_images, start_containers
from posture.tests.golden.table import read_table
from posture.tests.requirements import require

ROOT = Path(__file__).resolve().parents[3]
EDITION = "cis-docker-1.6.0"

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def shared_mount(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A mount point with shared propagation."""
    folder = tmp_path_factory.mktemp("shared")
    subprocess.run(["mount", "-t", "tmpfs", "none", str(folder)], check=True)
    subprocess.run(["mount", "--make-shared", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def fleet(shared_mount: Path) -> Iterator[TestEngine]:
    """The engine with every container of the table."""
    require("dockerd", available())
    with TestEngine(namespace=True) as engine:
        build_images(engine)
        start_containers(engine, shared_mount)
        yield engine


@pytest.fixture(scope="module")
def facts(fleet: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> HostFacts:
    """What the agent saw of it."""
    return normalise(collect(fleet, tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return build(load(), parameters={})


def collect(engine: TestEngine, state: Path) -> Snapshot:
    """One snapshot by the real agent."""
    done = subprocess.run(
        [sys.executable, "-m", "agents.posture_agent", "collect", "-H", engine.endpoint, "--state", str(state)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return msgspec.json.decode(done.stdout, type=Snapshot)


def judged(facts: HostFacts, ruleset: Ruleset, kind: Kind) -> dict[str, dict[str, Status]]:
    """Status by name of the resource and control number."""
    assessment = evaluate(facts, ruleset, datetime.now(UTC), everything=True)
    controls = {check: number for number, check in ruleset.editions[EDITION].items()}
    found: dict[str, dict[str, Status]] = {r.name: {} for r in facts.resources if r.kind is kind}
    for verdict in assessment.verdicts:
        if verdict.resource.kind is kind and verdict.check in controls:
            found[verdict.resource.name][controls[verdict.check]] = verdict.status
    for number, check in ruleset.editions[EDITION].items():
        if assessment.states[check].status is Status.MANUAL:
            for statuses in found.values():
                statuses.setdefault(number, Status.MANUAL)
    return found


def differences(
    table: Mapping[str, Mapping[str, Status]], found: Mapping[str, Mapping[str, Status]], skip: frozenset[str]
) -> list[str]:
    """One line a cell where product and table differ."""
    return [
        f"{name} {control}: the table says {wanted}, Posture says {found.get(name, {}).get(control, 'nothing')}"
        for name, row in table.items()
        for control, wanted in row.items()
        if control not in skip and found.get(name, {}).get(control) != wanted
    ]


def mac_columns() -> frozenset[str]:
    """5.2 and 5.3 stand in the table for a kernel without AppArmor and SELinux."""
    present = Path("/sys/module/apparmor").exists() or Path("/sys/fs/selinux/enforce").exists()
    return frozenset({"5.2", "5.3"}) if present else frozenset()


def test_containers_agree_with_the_table(facts: HostFacts, ruleset: Ruleset) -> None:
    table = read_table("containers.txt")
    found = judged(facts, ruleset, Kind.CONTAINER)
    assert set(found) == set(table)
    different = differences(table, found, mac_columns())
    assert different == [], "\n".join(different)


def test_images_agree_with_the_table(facts: HostFacts, ruleset: Ruleset) -> None:
    table = read_table("images.txt")
    found = {name.split("/")[-1].split(":")[0]: row for name, row in judged(facts, ruleset, Kind.IMAGE).items()}
    assert set(found) == set(table)
    different = differences(table, found, frozenset())
    assert different == [], "\n".join(different)


def test_the_table_covers_sections_4_and_5(ruleset: Ruleset) -> None:
    covered = {c for name in ("containers.txt", "images.txt") for row in read_table(name).values() for c in row}
    sections = {number for number in ruleset.editions[EDITION] if number.split(".")[0] in {"4", "5"}}
    # 4.5 is about the host's accounts and 5.1 about the daemon: see test_daemon_facts.
    assert sections - covered == {"4.5", "5.1"}


def test_daemon_and_host(facts: HostFacts, ruleset: Ruleset) -> None:
    """The rules of sections 4 and 5 that are not about containers or images, and 6."""
    states = evaluate(facts, ruleset, datetime.now(UTC)).states
    assert states[ruleset.editions[EDITION]["5.1"]].status is Status.PASS
    assert states[ruleset.editions[EDITION]["4.5"]].status is Status.FAIL
