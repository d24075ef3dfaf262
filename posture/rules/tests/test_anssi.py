"""Each recommendation of ANSSI-FT-082 on a host that honours it and on one that does not, from what an agent sends.

Numbers, kinds and the two hosts are by hand from the guide; every host is ordinary but for what its line says.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from posture.evaluation import catalogue
from posture.evaluation.evaluate import evaluate
from posture.evaluation.ruleset import build
from posture.evaluation.verdict import Status
from posture.facts.normalise import normalise
from posture.facts.tests.builders import OBSERVED, container, hardened, host, network, snapshot, special_network
from posture.facts.tests.defaults import info, root_mount
from posture.facts.values import Reason
from posture.facts.wire.snapshot import Snapshot

EDITION = catalogue.load().editions["anssi-ft-082"]
RULESET = build(catalogue.load(), parameters={}, editions=["anssi-ft-082"])
REMAPPED = {"SecurityOptions": ["name=seccomp,profile=default", "name=userns"]}
INSIDE = {"Uid": 110001, "IdentityUidMap": False}
SYSLOG = {"log-driver": "syslog", "log-opts": {"syslog-address": "tcp+tls remote"}}


def bind(source: str, destination: str, *, writable: bool) -> dict[str, Any]:
    return {"Type": "bind", "Source": source, "Destination": destination, "RW": writable, "Propagation": "rprivate"}


def with_options(**options: Any) -> Snapshot:
    """A host with one careful container, created with these options too."""
    return snapshot([hardened(HostConfig=options)])


def with_mount(source: str, destination: str, *, writable: bool) -> Snapshot:
    return snapshot([hardened(Mounts=[bind(source, destination, writable=writable)])])


def on_shop(*names: str) -> Snapshot:
    """A host whose containers of these names share one network."""
    return snapshot([hardened(name) for name in names], networks=[network("shop"), special_network("none")])


def own_partition() -> dict[str, Any]:
    return {**root_mount(), "MountPoint": "/var/lib/docker", "Source": "/dev/sdb", "Device": "8:16"}


def with_sysctl(value: str) -> Snapshot:
    return snapshot(host=host(Sysctls={"kernel.unprivileged_userns_clone": value}))


@dataclass(frozen=True)
class Line:
    """A recommendation: ``kind`` is base or variant; ``good`` and ``bad`` are None where only a person can tell."""

    number: str
    kind: str
    rule: str
    good: Snapshot | None
    bad: Snapshot | None


CAREFUL = snapshot([hardened()])
ORDINARY = snapshot([container()])
DEVICE = {"PathOnHost": "/dev/ttyUSB0", "PathInContainer": "/dev/ttyUSB0", "CgroupPermissions": "rwm"}
BRIDGELESS = snapshot([hardened()], networks=[network("shop"), special_network("none")])

TABLE = (
    Line("R1", "base", "container-host-trees", CAREFUL, with_mount("/proc", "/host/proc", writable=False)),
    Line("R2", "base", "container-device-permissions", CAREFUL, with_options(Devices=[DEVICE])),
    Line("R3", "base", "daemon-no-default-bridge", BRIDGELESS, ORDINARY),
    Line("R4", "base", "container-no-host-network", CAREFUL, with_options(NetworkMode="host")),
    Line("R5", "base", "network-dedicated", on_shop("web", "db"), on_shop("web", "db", "mail")),
    Line("R6", "base", "container-own-namespaces", CAREFUL, with_options(PidMode="container:db")),
    Line("R7", "base", "container-own-userns", snapshot([hardened(Process=INSIDE)], Info=REMAPPED), CAREFUL),
    Line("R7-1", "variant", "host-unprivileged-userns-off", with_sysctl("0"), with_sysctl("1")),
    Line(
        "R7-2", "variant", "container-no-host-userns",
        snapshot([hardened(Process=INSIDE)], Info=REMAPPED),
        snapshot([hardened(HostConfig={"UsernsMode": "host"})], Info=REMAPPED),
    ),
    Line("R8", "base", "container-drop-all", CAREFUL, ORDINARY),
    Line(
        "R8-1", "variant", "container-added-capabilities",
        snapshot([hardened(Process={"CapBnd": "0000000000000400"})]),  # NET_BIND_SERVICE
        snapshot([hardened(Process={"CapBnd": "0000000000200000"})]),  # SYS_ADMIN
    ),
    Line("R9", "base", "container-default-cgroup", CAREFUL, with_options(CgroupParent="/elsewhere")),
    Line("R10", "base", "container-memory-and-swap", CAREFUL, with_options(MemorySwap=-1)),
    Line("R11", "base", "container-cpu-cap", CAREFUL, with_options(NanoCpus=0, CpuShares=205)),
    Line("R12", "base", "container-read-only-root", CAREFUL, with_options(ReadonlyRootfs=False)),
    Line(
        "R12-1", "variant", "container-disk-quota",
        with_options(ReadonlyRootfs=False, StorageOpt={"size": "2g"}),
        with_options(ReadonlyRootfs=False),
    ),
    Line(
        "R12-2", "variant", "container-bounded-storage",
        snapshot([hardened(HostConfig={"ReadonlyRootfs": False})], host=host(Mounts=[root_mount(), own_partition()])),
        with_options(ReadonlyRootfs=False),
    ),
    Line("R13", "base", "container-tmpfs-scratch", with_options(Tmpfs=["/tmp"]), with_options(ReadonlyRootfs=False)),
    Line(
        "R14", "base", "container-read-only-mounts",
        with_mount("/srv/site", "/site", writable=False),
        with_mount("/srv/site", "/site", writable=True),
    ),
    Line("R15", "base", "container-no-sensitive-mounts", CAREFUL, with_mount("/etc", "/host-etc", writable=False)),
    Line(
        "R16", "base", "daemon-remote-logging",
        snapshot(
            [hardened(HostConfig={"LogConfig": {"Type": "syslog"}})],
            Daemon={"File": SYSLOG}, Info={"LoggingDriver": "syslog"},
        ),
        CAREFUL,
    ),
    Line("R16-1", "variant", "container-logs-exported", None, None),
)  # fmt: skip
JUDGED = [line for line in TABLE if line.good is not None]


def status(seen: Snapshot, number: str) -> Status:
    assessment = evaluate(normalise(seen), RULESET, OBSERVED)
    return assessment.states[RULESET.editions[EDITION.id][number]].status


def test_the_edition_is_the_guides() -> None:
    found = [(control.number, control.level, control.rule) for control in EDITION.controls()]
    assert found == [(line.number, line.kind, line.rule) for line in TABLE]
    assert EDITION.controls_total == len(TABLE) == 22
    assert sum(line.kind == "variant" for line in TABLE) == 6
    assert {section.number: len(section.controls) for section in EDITION.sections} == {
        "1": 5, "2": 4, "3": 2, "4": 9, "5": 2,
    }  # fmt: skip


@pytest.mark.parametrize("line", JUDGED, ids=lambda line: line.number)
def test_a_host_that_honours_it_passes(line: Line) -> None:
    assert line.good is not None
    assert status(line.good, line.number) is Status.PASS


@pytest.mark.parametrize("line", JUDGED, ids=lambda line: line.number)
def test_a_host_that_does_not_fails(line: Line) -> None:
    assert line.bad is not None
    assert status(line.bad, line.number) is Status.FAIL


def test_one_waits_for_a_person() -> None:
    assert [line.number for line in TABLE if line.good is None] == ["R16-1"]
    assert status(CAREFUL, "R16-1") is Status.MANUAL


def test_assessment_says_whether_our_rule_judges() -> None:
    for control in EDITION.controls():
        rule = catalogue.load().rules[str(control.rule)]
        assert (control.assessment.value == "manual") == (rule.manual is True), control.number


def test_rules_name_their_recommendation() -> None:
    for line in TABLE:
        named = {text for text in catalogue.load().rules[line.rule].references if text.startswith("ANSSI-FT-082:")}
        assert named == {f"ANSSI-FT-082: {line.number}"}, line.rule


@pytest.mark.parametrize(
    ("number", "keys", "options"),
    [
        ("R10", {"SwapLimit": False}, {"MemorySwap": -1}),
        ("R11", {"CpuCfsQuota": False}, {"NanoCpus": 0}),
        ("R12-1", {"Driver": "overlay2"}, {"ReadonlyRootfs": False}),
    ],
)
def test_what_the_kernel_cannot_do_fails_as_such(number: str, keys: dict[str, Any], options: dict[str, Any]) -> None:
    seen = snapshot([hardened(HostConfig=options)], Info={**info(), **keys})
    verdicts = evaluate(normalise(seen), RULESET, OBSERVED).verdicts
    check = RULESET.editions[EDITION.id][number]
    (verdict,) = (one for one in verdicts if one.check == check)
    assert (verdict.status, verdict.reason) == (Status.FAIL, Reason.UNSUPPORTED_BY_KERNEL)


# What CIS 1.6.0 says about the same matter, by hand.
SAME_IN_CIS = {
    "R1": {"5.5", "5.6"},
    "R2": {"5.18"},
    "R3": {"2.2", "5.30"},
    "R4": {"5.10"},
    "R5": {"5.30"},
    "R6": {"5.16", "5.17", "5.21"},
    "R7": {"2.9", "5.22", "5.31"},
    "R7-2": {"5.31"},
    "R8": {"5.4"},
    "R8-1": {"5.4"},
    "R9": {"5.25"},
    "R10": {"5.11"},
    "R11": {"5.12"},
    "R12": {"5.13"},
    "R12-2": {"1.1.1"},
    "R13": {"5.13"},
    "R15": {"5.6"},
    "R16": {"2.13"},
}


def test_counterparts_in_cis() -> None:
    for line in TABLE:
        places = catalogue.load().counterparts[EDITION.id, line.number]
        found = {number for edition, number in places if edition == "cis-docker-1.6.0"}
        assert found == SAME_IN_CIS.get(line.number, set()), line.number
