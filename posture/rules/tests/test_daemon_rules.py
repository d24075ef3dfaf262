"""Daemon rules over whole snapshots: spellings and places that other tools are known to misread, Podman, rootless."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import UNSET

from posture.evaluation import catalogue, ruleset
from posture.evaluation.evaluate import evaluate
from posture.facts.normalise import normalise
from posture.facts.tests.builders import OBSERVED, container, snapshot

CIS = ("cis-docker-1.8.0", "cis-docker-1.11.0")
RULESET = ruleset.build(catalogue.load(), parameters={}, editions=CIS)
TLS = {"tlsverify": True, "tlscacert": "/ca.pem", "tlscert": "/cert.pem", "tlskey": "/key.pem"}
PODMAN: dict[str, Any] = {
    "Key": "podman",
    "Kind": "podman",
    "Endpoint": "unix:///run/podman/podman.sock",
    "Daemon": UNSET,
    "Info": {"Driver": "overlay", "LoggingDriver": "journald", "ExperimentalBuild": True, "InsecureRegistryCIDRs": []},
}


def flags(**values: object) -> dict[str, Any]:
    return {"Daemon": {"Flags": {name.replace("_", "-"): value for name, value in values.items()}}}


def configured(**values: object) -> dict[str, Any]:
    """The same in daemon.json."""
    return {"Daemon": {"File": {name.replace("_", "-"): value for name, value in values.items()}}}


def statuses(engine: Mapping[str, Any]) -> dict[str, str]:
    facts = normalise(snapshot(containers=[container("web")], **engine))
    verdicts = evaluate(facts, RULESET, OBSERVED, everything=True).verdicts
    return {verdict.check: verdict.status.value for verdict in verdicts if verdict.check.startswith("daemon-")}


@pytest.mark.parametrize(
    ("rule", "status", "engine"),
    [
        ("daemon-tls", "fail", flags(hosts=["fd://", "tcp://0.0.0.0:2375"])),
        ("daemon-tls", "fail", flags(hosts=["tcp://:2375"])),
        ("daemon-tls", "fail", configured(hosts=["unix:///run/docker.sock", "tcp://[::]:2375"])),
        ("daemon-tls", "fail", flags(hosts=["tcp://0.0.0.0:2376"], tls=True)),
        ("daemon-tls", "fail", {"Daemon": {"Listeners": ["0.0.0.0:2375"]}}),
        ("daemon-tls", "fail", {"Daemon": {"SocketActivated": ["2375"]}}),
        ("daemon-tls", "pass", configured(hosts=["tcp://0.0.0.0:2376"], **TLS)),
        ("daemon-tls", "pass", configured(log_opts={"syslog-address": "tcp remote"})),
        ("daemon-tls", "pass", {}),
        ("daemon-log-level", "fail", flags(log_level="debug")),
        ("daemon-log-level", "fail", configured(log_level="warn")),
        ("daemon-log-level", "fail", flags(debug=True)),
        ("daemon-log-level", "pass", {}),
        ("daemon-no-new-privileges", "fail", flags(no_new_privileges=False)),
        ("daemon-no-new-privileges", "pass", flags(no_new_privileges=True)),
        ("daemon-live-restore", "fail", flags(live_restore=False)),
        ("daemon-live-restore", "not_applicable", {"Info": {"Swarm": {"LocalNodeState": "active"}}}),
        ("daemon-cgroup-parent", "fail", configured(cgroup_parent="/elsewhere")),
        ("daemon-default-ulimits", "fail", {}),
        ("daemon-default-ulimits", "fail", configured(default_ulimits={})),
        ("daemon-default-ulimits", "fail", configured(default_ulimits={"nofile": {"Soft": 1024, "Hard": -1}})),
        ("daemon-default-ulimits", "pass", configured(default_ulimits={"nofile": {"Soft": 1024, "Hard": 4096}})),
        ("daemon-remote-logging", "fail", {"Info": {"LoggingDriver": "none"}}),
        ("daemon-remote-logging", "fail", {"Info": {"LoggingDriver": "local"}}),
        ("daemon-seccomp", "pass", {"Info": {"SecurityOptions": ["name=seccomp,profile=builtin"]}}),
        ("daemon-seccomp", "fail", {"Info": {"SecurityOptions": ["name=seccomp,profile=unconfined"]}}),
        ("daemon-insecure-registries", "pass", {}),
        ("daemon-insecure-registries", "fail", {"Info": {"InsecureIndexes": ["registry.lan:5000"]}}),
        ("daemon-userns-remap", "fail", configured(userns_remap="default")),  # written, but not in force
        ("daemon-userns-remap", "pass", {"Info": {"SecurityOptions": ["name=userns"]}}),
        ("daemon-authorization", "fail", {"Info": {"AuthorizationPlugins": None}}),
        ("daemon-userland-proxy", "pass", configured(userland_proxy=False)),
        ("daemon-swarm-off", "fail", {"Info": {"Swarm": {"LocalNodeState": "locked"}}}),
    ],
)
def test_what_others_misread(rule: str, status: str, engine: Mapping[str, Any]) -> None:
    assert statuses(engine)[rule] == status


def test_podman_has_no_daemon_and_what_it_hides_does_not_pass() -> None:
    found = statuses(PODMAN)
    without = {"icc-off", "log-level", "iptables", "default-ulimits", "cgroup-parent", "base-device-size"}
    without |= {"authorization", "remote-logging", "no-new-privileges", "live-restore", "userland-proxy"}
    assert {rule for rule, status in found.items() if status == "not_applicable"} == {
        f"daemon-{name}" for name in without | {"experimental", "legacy-registry"}
    }
    assert found["daemon-insecure-registries"] == "unknown"
    assert found["daemon-userns-remap"] == "fail"


def test_rootless_answers_for_remapping_and_its_own_network() -> None:
    found = statuses({"Info": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}})
    assert found["daemon-rootless"] == found["daemon-userns-remap"] == "pass"
    assert found["daemon-iptables"] == found["daemon-userland-proxy"] == "not_applicable"


def test_a_daemon_that_may_not_be_looked_at_is_unknown_where_only_it_knows() -> None:
    found = statuses({"Daemon": UNSET})
    asked = ("daemon-log-level", "daemon-tls", "daemon-iptables", "daemon-default-ulimits", "daemon-cgroup-parent")
    assert {found[rule] for rule in asked} == {"unknown"}
    assert found["daemon-live-restore"] == "fail"  # the engine itself says so
