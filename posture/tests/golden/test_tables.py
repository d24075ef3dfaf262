"""A real engine, the real agent, the real rules: every status of a container or image against hand-written tables."""

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
from posture.facts.vocabulary import Kind
from posture.facts.wire.snapshot import Snapshot
from posture.tests.engine import TestEngine, available
from posture.tests.golden.fleet import build_images, leave_scans, start_containers
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
    state = tmp_path_factory.mktemp("state")
    scans = state / "scans"
    scans.mkdir()
    leave_scans(fleet, scans)
    return normalise(collect(fleet, state))


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    """All editions, with the choices whose rules on images stand in no edition otherwise."""
    return build(load(), parameters={}, policies={"ssh-in-containers": "absent", "root-user": "image"})


def collect(engine: TestEngine, state: Path) -> Snapshot:
    """One snapshot by the real agent."""
    done = subprocess.run(
        [sys.executable, "-m", "agents.posture_agent", "collect", "-H", engine.endpoint, "--state", str(state)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return msgspec.json.decode(done.stdout, type=Snapshot)


def judged(facts: HostFacts, ruleset: Ruleset, kind: Kind, edition: str = EDITION) -> dict[str, dict[str, Status]]:
    """Status by name of the resource and column: a control's number, or a rule's name without the kind before it."""
    assessment = evaluate(facts, ruleset, datetime.now(UTC), everything=True)
    columns = {**{check.removeprefix(f"{kind}-"): check for check in ruleset.checks}, **ruleset.editions[edition]}
    statuses = {(one.resource.name, one.check): one.status for one in assessment.verdicts if one.resource.kind is kind}
    manual = {check for check, state in assessment.states.items() if state.status is Status.MANUAL}
    return {
        one.name: {
            column: statuses.get((one.name, check), Status.MANUAL)
            for column, check in columns.items()
            if (one.name, check) in statuses or check in manual
        }
        for one in facts.resources
        if one.kind is kind
    }


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
    """5.2, 5.3 and S16 stand in the tables for a kernel without AppArmor and SELinux."""
    present = Path("/sys/module/apparmor").exists() or Path("/sys/fs/selinux/enforce").exists()
    return frozenset({"5.2", "5.3", "S16"}) if present else frozenset()


CONTAINERS = {
    "containers.txt": EDITION,
    "containers-anssi.txt": "anssi-ft-082",
    "containers-source.txt": "source-advice",
}
IMAGES = {"images.txt": EDITION, "images-source.txt": "source-advice"}


@pytest.mark.parametrize("file", CONTAINERS)
def test_containers_agree_with_the_table(file: str, facts: HostFacts, ruleset: Ruleset) -> None:
    table = read_table(file)
    found = judged(facts, ruleset, Kind.CONTAINER, CONTAINERS[file])
    assert set(found) == set(table)
    different = differences(table, found, mac_columns())
    assert different == [], "\n".join(different)


@pytest.mark.parametrize("file", IMAGES)
def test_images_agree_with_the_table(file: str, facts: HostFacts, ruleset: Ruleset) -> None:
    table = read_table(file)
    statuses = judged(facts, ruleset, Kind.IMAGE, IMAGES[file])
    found = {name.split("/")[-1].split(":")[0]: row for name, row in statuses.items()}
    assert set(found) == set(table)
    different = differences(table, found, frozenset())
    assert different == [], "\n".join(different)


def test_every_new_rule_tells_containers_or_images_apart() -> None:
    """A column that says the same of all would show nothing; these need another kernel or engine, a person, or half
    a gigabyte."""
    alike = {"S16", "S57", "R7", "R7-2", "R16-1"}
    for file in ("containers-anssi.txt", "containers-source.txt", "images-source.txt"):
        table = read_table(file)
        for column in next(iter(table.values())):
            said = {row[column] for row in table.values()}
            assert (len(said) == 1) == (column in alike), column


def test_networks(facts: HostFacts, ruleset: Ruleset) -> None:
    """The default bridge holds nearly all containers, ``safe`` one, and nobody meets on the other two."""
    found = judged(facts, ruleset, Kind.NETWORK, "anssi-ft-082")
    assert {name: row["R5"] for name, row in found.items()} == {
        "bridge": Status.FAIL,
        "safe": Status.PASS,
        "host": Status.NOT_APPLICABLE,
        "none": Status.NOT_APPLICABLE,
    }


def test_a_quota_is_refused_where_the_facts_say_that_there_is_none(fleet: TestEngine, facts: HostFacts) -> None:
    """On XFS alone they cannot tell; there either answer of the engine is right."""
    (said,) = (context["engine.StorageQuota"] for key, context in facts.context.items() if key)
    if said is False:
        with pytest.raises(RuntimeError, match="storage-opt"):
            fleet.docker("create", "--name", "bounded", "--storage-opt", "size=1g", "golden/base:1")
    if said is True:
        fleet.docker("create", "--name", "bounded", "--storage-opt", "size=1g", "golden/base:1")
        fleet.docker("rm", "bounded")


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
    assert states[ruleset.editions["anssi-ft-082"]["R3"]].status is Status.FAIL
