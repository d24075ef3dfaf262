"""From files on a disk to verdicts: the real agent's collector, the normaliser and every rule on files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from agents.posture_agent.collectors import files
from agents.posture_agent.hostfiles import HostFiles
from posture.evaluation import catalogue
from posture.evaluation.judge import compile_logic, judge
from posture.evaluation.predicate import View
from posture.facts.normalise import normalise
from posture.facts.resource import Resource
from posture.facts.tests.builders import OBSERVED, engine, host, snapshot
from posture.facts.vocabulary import Kind
from posture.facts.wire.host import HostFacts
from posture.facts.wire.snapshot import Snapshot

RULES = {rule.id: rule for rule in catalogue.load().rules.values() if rule.subject is Kind.FILE}
LOGIC = {rule: compile_logic(RULES[rule], {}) for rule in RULES}
TLS = {
    "tlsverify": True,
    "tlscacert": "/etc/docker/ca.pem",
    "tlscert": "/etc/docker/cert.pem",
    "tlskey": "/etc/docker/key.pem",
}
Judged = dict[tuple[str, str], str]  # (rule, path) → status


def ordinary_engine(**overrides: Any) -> dict[str, Any]:
    """The wire facts of a Docker engine that is run by root and has a TLS port."""
    daemon = {"Flags": TLS, "File": None, "FilePath": "/etc/docker/daemon.json", "Uid": 0}
    facts = msgspec.to_builtins(engine(Daemon=daemon))
    return {**facts, **overrides}


def rootless_engine() -> dict[str, Any]:
    """The wire facts of alice's own engine."""
    home = "/home/alice"
    daemon: dict[str, Any] = {"Flags": {}, "File": None, "FilePath": f"{home}/.config/docker/daemon.json", "Uid": 1000}
    info = {"DockerRootDir": f"{home}/.local/share/docker", "SecurityOptions": ["name=rootless", "name=seccomp"]}
    return ordinary_engine(
        Key="docker-2",
        Endpoint="unix:///run/user/1000/docker.sock",
        Info={**ordinary_engine()["Info"], **info},
        Daemon=daemon,
    )


def judged_below(root: str, engines: Sequence[dict[str, Any]]) -> Judged:
    """The status of every rule on each file that the agent finds below ``root``."""
    return judged(file_resources(files.collect(HostFiles(root), engines), engines))


def file_resources(
    found: Sequence[Mapping[str, Any]], engines: Sequence[dict[str, Any]], audit_rules: Sequence[str] = ()
) -> tuple[Resource, ...]:
    """The resources of files as the agent sends them; ``audit_rules`` are those of the kernel."""
    sent = _delivered(host(Files=found, AuditRules=list(audit_rules)), engines)
    return tuple(one for one in normalise(sent).resources if one.kind is Kind.FILE)


def judged(resources: Iterable[Resource]) -> Judged:
    """The status of every rule on each file that it is for."""
    return {
        (rule.id, str(resource.facts["Path"])): judge(LOGIC[rule.id], View(resource.facts, {}, OBSERVED)).status.value
        for resource in resources
        for rule in RULES.values()
        if resource.purpose in rule.purposes
    }


def _delivered(one: HostFacts, engines: Sequence[dict[str, Any]]) -> Snapshot:
    """A snapshot that went over the wire."""
    made = msgspec.to_builtins(snapshot(host=one))
    made["facts"]["Engines"] = list(engines)
    return msgspec.convert(made, Snapshot)
