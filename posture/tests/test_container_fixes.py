"""The fixes, typed as they are shown, on a real engine: collected, judged, fixed, collected and judged again."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from agents.posture_agent.collection import Options, collect
from posture.evaluation.catalogue import load
from posture.evaluation.evaluate import evaluate
from posture.evaluation.rule import Via
from posture.evaluation.ruleset import build
from posture.evaluation.verdict import Status, Verdict
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.tests.builders import snapshot
from posture.facts.values import Value
from posture.facts.vocabulary import Kind
from posture.facts.wire.snapshot import Facts, Snapshot, Volatile
from posture.remediation.plan import fix
from posture.tests.engine import IMAGE, TestEngine, available
from posture.tests.remap import add_remap_account
from posture.tests.requirements import require

pytestmark = pytest.mark.engine

AT = datetime(2026, 1, 1, tzinfo=UTC)
# What must come through a re-creation unseen: values that never leave the host, and a command line hard to type.
COMMAND = ("sh", "-c", 'echo "$0|$*"; sleep 3600', "a  b", "", "c\nd", "$(id)", "'\"")
ENVIRONMENT = ("-e", "TOKEN=it's $(id) \\ secret", "-e", "LINES=one\ntwo", "--label", "site.owner=a, b=c")
SUDO = "posture-sudo:1"
LIVE = (
    *("container-memory-limit", "container-cpu-shares", "container-cpu-weight"),
    *("container-pids-limit", "container-restart-bounded"),
)


@dataclass(frozen=True)
class Case:
    """A rule and the options of a container that breaks it; ``inside`` is run in it first."""

    rule: str
    options: tuple[str, ...]
    via: Via = Via.RUN
    image: str = IMAGE
    inside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.via}-{self.rule.removeprefix('container-')}"


def cases(engine: TestEngine, shared: str) -> list[Case]:
    broken = {
        "container-added-capabilities": ("--cap-add", "NET_ADMIN"),
        "container-bounded-storage": ("--tmpfs", "/scratch"),
        "container-bound-address": ("--rm", "--publish", "18141:80"),
        "container-capabilities": ("--cap-add", "SYS_TIME"),
        "container-cpu-bound": ("--cpu-shares", "1024"),
        "container-cpu-cap": ("--cpu-shares", "205"),
        "container-cpu-shares": (),
        "container-cpu-weight": (),
        "container-default-cgroup": ("--cgroup-parent", "/posture-fix"),
        "container-device-permissions": ("--device", "/dev/null:/dev/spare:r"),
        "container-disk-quota": (),
        "container-drop-all": ("--cap-drop", "NET_RAW"),
        "container-devices": ("--device", "/dev/null:/dev/spare", "--device-cgroup-rule", "c 1:3 r"),
        "container-healthcheck": (),
        "container-host-trees": ("--volume", "/sys/fs/cgroup:/it's,here:ro", "--volume", "/etc:/host-etc:ro"),
        "container-memory-and-swap": ("--memory", "64m", "--memory-swap", "-1"),
        "container-memory-limit": ("--memory-reservation", "1g"),
        "container-no-default-bridge": (),
        "container-no-engine-socket": ("--volume", f"{engine.socket}:/it's,here.sock", "--volume", "kept:/data"),
        "container-no-host-ipc": ("--ipc", "host"),
        "container-no-host-network": ("--network", "host", "--expose", "8080"),
        "container-no-host-pid": ("--pid", "host"),
        "container-no-host-uts": ("--uts", "host"),
        "container-no-new-privileges": ("--security-opt", "no-new-privileges:false"),
        "container-no-publish-all": ("--publish-all", "--expose", "8080"),
        "container-no-privileged-ports": ("--publish", "127.0.0.1:914:80"),
        "container-not-privileged": ("--privileged",),
        "container-no-sensitive-mounts": ("--volume", "/etc:/host etc:ro", "--tmpfs", "/scratch"),
        "container-own-namespaces": ("--pid", "host", "--ipc", "host", "--uts", "host"),
        "container-pids-limit": (),
        "container-private-propagation": ("--mount", f"type=bind,source={shared},target=/s,bind-propagation=rshared"),
        "container-read-only-mounts": ("--volume", f"{shared}:/s", "--volume", "kept-again:/data"),
        "container-read-only-root": ("--init",),
        "container-restart-bounded": ("--restart", "always"),
        "container-seccomp": ("--security-opt", "seccomp=unconfined"),
        "container-tmpfs-scratch": ("--volume", "scratch:/var/tmp/app", "--volume", "kept-still:/data"),
        "container-ulimit-overrides": ("--ulimit", "nofile=1024:2048"),
        "container-user-not-root": (),
    }
    return [
        *(Case(rule, options) for rule, options in broken.items()),
        *(Case(rule, broken[rule], Via.LIVE) for rule in (*LIVE, "container-no-default-bridge")),
        Case("container-no-sudo", (), image=SUDO),
        Case(
            "container-small-writable-layer",
            (),
            inside=("busybox", "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=80"),
        ),
    ]


@dataclass(frozen=True)
class Judged:
    verdicts: Mapping[tuple[str, str], Verdict]  # by resource and rule
    context: Mapping[str, Mapping[str, Value]]


def look(engine: TestEngine) -> HostFacts:
    """What the agent sees of this engine now."""
    collected = collect(Options([engine.endpoint], b"k" * 32, None))
    seen: Snapshot = msgspec.structs.replace(
        snapshot(),
        facts=msgspec.convert(collected.facts, Facts),
        volatile=msgspec.convert(collected.volatile, Volatile),
    )
    return normalise(seen)


def judge(engine: TestEngine) -> Judged:
    """What the agent sees of this engine now, judged."""
    facts = look(engine)
    done = evaluate(facts, build(load(), parameters={}), AT, everything=True)
    verdicts = {(v.resource.name, v.check): v for v in done.verdicts if v.resource.kind is Kind.CONTAINER}
    return Judged(verdicts, facts.context)


def inspected(engine: TestEngine, name: str) -> Any:
    return json.loads(engine.docker("inspect", name))[0]


def apply(engine: TestEngine, script: str) -> None:
    """Type it into a shell that stops at the first command that fails."""
    environment = {"PATH": os.environ["PATH"], "DOCKER_HOST": engine.endpoint, "HOME": str(engine.folder)}
    done = subprocess.run(
        ["sh", "-e", "-c", script], capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert not done.returncode, f"{done.stderr}\n{script}"


@dataclass(frozen=True)
class Round:
    """All containers before and after their fixes."""

    cases: list[Case]
    before: Judged
    after: Judged
    old: Mapping[str, Any]
    new: Mapping[str, Any]


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    """Every case broken, judged, fixed by its own step, and judged again."""
    require("dockerd", available() and shutil.which("xargs") is not None)
    shared = str(tmp_path_factory.mktemp("shared"))
    subprocess.run(["mount", "--bind", shared, shared], check=True)
    subprocess.run(["mount", "--make-rshared", shared], check=True)
    try:
        with TestEngine(namespace=True) as engine:
            engine.build(SUDO, f"FROM {IMAGE}\nRUN cat /bin/busybox > /bin/sudo && chmod 4755 /bin/sudo\n")
            yield fix_all(engine, cases(engine, shared))
    finally:
        subprocess.run(["umount", "--lazy", shared], check=False)


def fix_all(engine: TestEngine, broken: list[Case]) -> Round:
    for case in broken:
        # Engines inside containers can make privileged containers, but not start them.
        make = engine.create if "--privileged" in case.options else engine.run
        make(case.name, "--stop-timeout", "0", *ENVIRONMENT, *case.options, image=case.image, command=COMMAND)
        if case.inside:
            engine.docker("exec", case.name, *case.inside)
    before = judge(engine)
    old = {case.name: inspected(engine, case.name) for case in broken}
    for case in broken:
        verdict = before.verdicts[case.name, case.rule]
        one = fix(load().rules[case.rule], verdict.resource, before.context[verdict.resource.engine], verdict.evidence)
        apply(engine, next(step.text for step in one.steps if step.via is case.via))
    new = {case.name: inspected(engine, case.name) for case in broken}
    return Round(broken, before, judge(engine), old, new)


def test_every_fix_turns_its_failure_into_a_pass(fixed: Round) -> None:
    for case in fixed.cases:
        assert fixed.before.verdicts[case.name, case.rule].status is Status.FAIL, case.name
        after = fixed.after.verdicts[case.name, case.rule]
        assert after.status in (Status.PASS, Status.NOT_APPLICABLE), (case.name, after.evidence)


def test_no_fix_makes_another_rule_worse(fixed: Round) -> None:
    good = (Status.PASS, Status.NOT_APPLICABLE, Status.MANUAL)
    for (name, rule), verdict in fixed.before.verdicts.items():
        after = fixed.after.verdicts[name, rule]
        assert verdict.status not in good or after.status in good, (name, rule, after.evidence)


def test_the_program_its_arguments_and_its_values_come_through(fixed: Round) -> None:
    for case in fixed.cases:
        old, new = fixed.old[case.name], fixed.new[case.name]
        assert (old["Path"], old["Args"]) == (new["Path"], new["Args"]), case.name
        # The engine's client sorts the environment as it likes.
        assert sorted(old["Config"]["Env"]) == sorted(new["Config"]["Env"]), case.name
        for key in ("Labels", "WorkingDir", "Image"):
            assert old["Config"][key] == new["Config"][key], case.name
        assert new["State"]["Status"] == "running", case.name


def test_a_fix_changes_what_it_says_and_nothing_else(fixed: Round) -> None:
    """Of the options that differ, each belongs to the rule that failed."""
    own = {
        "container-added-capabilities": {"CapAdd", "CapDrop"},
        "container-bounded-storage": {"ReadonlyRootfs", "Tmpfs"},
        "container-bound-address": {"PortBindings"},
        "container-capabilities": {"CapAdd", "CapDrop"},
        "container-cpu-bound": {"NanoCpus"},
        "container-cpu-cap": {"NanoCpus"},
        "container-cpu-shares": {"NanoCpus"},
        "container-cpu-weight": {"CpuShares"},
        "container-default-cgroup": {"CgroupParent"},
        "container-device-permissions": {"Devices"},
        "container-disk-quota": {"ReadonlyRootfs", "Tmpfs"},
        "container-drop-all": {"CapDrop"},
        "container-devices": {"Devices", "DeviceCgroupRules"},
        "container-healthcheck": set[str](),
        "container-host-trees": {"Binds", "Mounts"},
        "container-memory-and-swap": {"Memory", "MemorySwap"},
        "container-memory-limit": {"Memory", "MemorySwap", "MemoryReservation"},
        "container-no-default-bridge": {"NetworkMode"},
        "container-no-engine-socket": {"Binds", "Mounts"},
        "container-no-host-ipc": {"IpcMode", "SecurityOpt"},
        "container-no-host-network": {"NetworkMode", "PortBindings"},
        "container-no-host-pid": {"PidMode", "SecurityOpt"},
        "container-no-host-uts": {"UTSMode"},
        "container-no-new-privileges": {"SecurityOpt"},
        "container-no-sudo": {"SecurityOpt"},
        "container-no-privileged-ports": {"PortBindings"},
        "container-no-publish-all": {"PublishAllPorts", "PortBindings"},
        "container-no-sensitive-mounts": {"Binds"},
        "container-not-privileged": {"Privileged", "SecurityOpt", "MaskedPaths", "ReadonlyPaths", "CgroupnsMode"},
        "container-own-namespaces": {"PidMode", "IpcMode", "UTSMode", "SecurityOpt"},
        "container-pids-limit": {"PidsLimit"},
        "container-private-propagation": {"Mounts"},
        "container-read-only-mounts": {"Binds", "Mounts"},
        "container-read-only-root": {"ReadonlyRootfs", "Tmpfs"},
        "container-restart-bounded": {"RestartPolicy"},
        "container-seccomp": {"SecurityOpt"},
        "container-small-writable-layer": set[str](),
        "container-tmpfs-scratch": {"Binds", "Mounts", "Tmpfs"},
        "container-ulimit-overrides": {"Ulimits"},
        "container-user-not-root": set[str](),
    }
    for case in fixed.cases:
        old, new = fixed.old[case.name]["HostConfig"], fixed.new[case.name]["HostConfig"]
        differing = {key for key in old if (old[key] or None) != (new.get(key) or None)}
        assert differing <= own[case.rule], case.name


def test_a_volume_stays_where_a_mount_goes(fixed: Round) -> None:
    mounts = fixed.new["run-no-engine-socket"]["Mounts"]
    assert [(mount["Type"], mount["Name"], mount["Destination"]) for mount in mounts] == [("volume", "kept", "/data")]


def test_of_two_mounts_only_the_one_that_failed_goes(fixed: Round) -> None:
    """Of the mounts of the host, those that the rule does not name stay."""

    def mounts(name: str) -> set[tuple[str, str, bool]]:
        return {(one["Type"], one["Destination"], one["RW"]) for one in fixed.new[name]["Mounts"]}

    assert mounts("run-host-trees") == {("bind", "/host-etc", False)}
    assert mounts("run-read-only-mounts") == {("bind", "/s", False), ("volume", "/data", True)}
    assert mounts("run-tmpfs-scratch") == {("volume", "/data", True)}


def test_the_images_are_the_same(fixed: Round) -> None:
    for case in fixed.cases:
        assert fixed.new[case.name]["Config"]["Image"] == case.image


@pytest.fixture(scope="module")
def remapped() -> Iterator[Round]:
    """The cases that only an engine with remapped users can pass."""
    require("dockerd", available() and shutil.which("xargs") is not None)
    add_remap_account()
    with TestEngine(("--userns-remap", "default"), namespace=True) as engine:
        yield fix_all(
            engine,
            [
                Case("container-no-host-userns", ("--userns", "host")),
                Case("container-own-userns", ("--userns", "host", "--security-opt", "seccomp=unconfined")),
            ],
        )


def test_user_namespaces_are_fixed_on_an_engine_that_remaps(remapped: Round) -> None:
    test_every_fix_turns_its_failure_into_a_pass(remapped)
    test_no_fix_makes_another_rule_worse(remapped)
    test_the_program_its_arguments_and_its_values_come_through(remapped)
