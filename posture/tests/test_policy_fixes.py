"""The fixes of rules that only policies need, on a real engine: judged under that choice, fixed, and judged again."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from posture.evaluation.catalogue import OWN_EDITION, load
from posture.evaluation.evaluate import evaluate
from posture.evaluation.rule import Via
from posture.evaluation.ruleset import Ruleset, build
from posture.evaluation.verdict import Status
from posture.remediation.plan import fix
from posture.tests.engine import TestEngine, available
from posture.tests.requirements import require
from posture.tests.test_container_fixes import AT, Judged, apply, inspected, look

pytestmark = pytest.mark.engine

CHOSEN = {
    "capabilities": "listed",
    "docker-in-docker": "approved",
    "namespaces": "any",
    "packet-filter": "operator",
    "privileged-containers": "approved",
    "restart": "supervised",
    "seccomp": "builtin",
}
# What source 000 shows: one call is forbidden, all others are allowed, and the engine's own list is gone.
WEAK = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"], "action": "SCMP_ACT_ERRNO"}]}
NEIGHBOUR = "neighbour"


@cache
def rules() -> Ruleset:
    return build(load(), parameters={}, editions=[OWN_EDITION], policies=CHOSEN)


@dataclass(frozen=True)
class Case:
    """A rule, options of a container that breaks it, and what of HostConfig its fix may change."""

    rule: str
    options: tuple[str, ...]
    changed: frozenset[str]
    via: Via = Via.RUN

    @property
    def name(self) -> str:
        return f"{self.via}-{self.rule.removeprefix('container-')}"


def cases(engine: TestEngine) -> list[Case]:
    profile = engine.folder / "weak.json"
    profile.write_text(json.dumps(WEAK))
    shared = ("--pid", f"container:{NEIGHBOUR}", "--ipc", f"container:{NEIGHBOUR}")
    return [
        Case("container-engine-socket-approved", ("--volume", f"{engine.socket}:/s"), frozenset({"Binds"})),
        Case(
            "container-listed-capabilities-dropped",
            ("--cap-drop", "chown", "--cap-add", "SYS_TIME"),
            frozenset({"CapAdd", "CapDrop"}),
        ),
        Case("container-no-neighbour-namespaces", shared, frozenset({"PidMode", "IpcMode"})),
        Case(
            "container-privileged-approved",
            ("--privileged",),
            frozenset({"Privileged", "SecurityOpt", "MaskedPaths", "ReadonlyPaths", "CgroupnsMode"}),
        ),
        Case("container-restart-supervised", (), frozenset({"RestartPolicy"})),
        Case("container-restart-supervised", (), frozenset({"RestartPolicy"}), Via.LIVE),
        Case("container-seccomp-builtin", ("--security-opt", f"seccomp={profile}"), frozenset({"SecurityOpt"})),
    ]


def judge(engine: TestEngine) -> Judged:
    """What the agent sees of this engine now, judged under the choices."""
    facts = look(engine)
    verdicts = evaluate(facts, rules(), AT, everything=True).verdicts
    return Judged({(one.resource.name, one.check.partition("~")[0]): one for one in verdicts}, facts.context)


@dataclass(frozen=True)
class Round:
    """All containers before and after their fixes."""

    cases: list[Case]
    before: Judged
    after: Judged
    old: Mapping[str, Any]
    new: Mapping[str, Any]


@pytest.fixture(scope="module")
def fixed() -> Iterator[Round]:
    """Every case broken, judged, fixed by its own step, and judged again."""
    require("dockerd", available() and shutil.which("xargs") is not None)
    with TestEngine(namespace=True) as engine:
        engine.run(NEIGHBOUR, "--ipc", "shareable")
        broken = cases(engine)
        for case in broken:
            # Engines inside containers can make privileged containers, but not start them.
            make = engine.create if "--privileged" in case.options else engine.run
            make(case.name, "--stop-timeout", "0", *case.options)
        before = judge(engine)
        old = {case.name: inspected(engine, case.name) for case in broken}
        for case in broken:
            verdict = before.verdicts[case.name, case.rule]
            context = before.context[verdict.resource.engine]
            steps = fix(load().rules[case.rule], verdict.resource, context, verdict.evidence).steps
            apply(engine, next(step.text for step in steps if step.via is case.via))
        new = {case.name: inspected(engine, case.name) for case in broken}
        yield Round(broken, before, judge(engine), old, new)


def test_every_fix_turns_its_failure_into_a_pass(fixed: Round) -> None:
    for case in fixed.cases:
        assert fixed.before.verdicts[case.name, case.rule].status is Status.FAIL, case.name
        after = fixed.after.verdicts[case.name, case.rule]
        assert after.status is Status.PASS, (case.name, after.evidence)


def test_no_fix_makes_another_rule_worse(fixed: Round) -> None:
    good = (Status.PASS, Status.NOT_APPLICABLE)
    for (name, rule), verdict in fixed.before.verdicts.items():
        after = fixed.after.verdicts[name, rule]
        assert verdict.status not in good or after.status in good, (name, rule, after.evidence)


def test_a_fix_changes_what_it_says_and_nothing_else(fixed: Round) -> None:
    for case in fixed.cases:
        old, new = fixed.old[case.name]["HostConfig"], fixed.new[case.name]["HostConfig"]
        differing = {key for key in old if (old[key] or None) != (new.get(key) or None)}
        assert differing <= case.changed, case.name
        assert fixed.new[case.name]["State"]["Status"] == "running", case.name


def test_the_weak_profile_was_in_force_and_the_engines_own_is_now(fixed: Round) -> None:
    """The engine's word on it, read outside of what is judged."""
    name = "run-seccomp-builtin"
    (option,) = [one for one in fixed.old[name]["HostConfig"]["SecurityOpt"] if one.startswith("seccomp=")]
    assert json.loads(option.removeprefix("seccomp=")) == WEAK
    assert not fixed.new[name]["HostConfig"]["SecurityOpt"]


def text(rule: str, via: Via) -> str:
    return next(step.text for step in load().rules[rule].fix.steps if step.via is via)


def test_an_engine_that_keeps_out_of_the_packet_filter() -> None:
    """It writes no rule, is judged so, and the rules that the fix puts in their place are accepted."""
    require("dockerd", available())
    require("iptables", shutil.which("iptables") is not None)
    with TestEngine(config=text("daemon-iptables-off", Via.DAEMON_JSON), namespace=True) as engine:
        inside = ["nsenter", f"--net=/run/netns/{engine.namespace}"]
        engine.run("web")
        listed = subprocess.run([*inside, "iptables", "--list-rules"], check=True, capture_output=True, text=True)
        assert "DOCKER" not in listed.stdout
        verdicts = judge(engine).verdicts
        (status,) = {one.status for (_, rule), one in verdicts.items() if rule == "daemon-iptables-off"}
        assert status is Status.PASS
        script = text("daemon-iptables-off", Via.HOST).replace("docker0", engine.bridge)
        subprocess.run([*inside, "sh", "-e", "-c", script], check=True, capture_output=True)
        written = subprocess.run([*inside, "iptables", "--list-rules"], check=True, capture_output=True, text=True)
        assert written.stdout.count(f" {engine.bridge} ") >= 4


def test_an_engine_that_writes_rules_fails_where_operators_want_to() -> None:
    require("dockerd", available())
    with TestEngine(namespace=True) as engine:
        verdicts = judge(engine).verdicts
        assert {one.status for (_, rule), one in verdicts.items() if rule == "daemon-iptables-off"} == {Status.FAIL}
