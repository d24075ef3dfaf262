"""Whole snapshots of situations in which docker-bench-security is known to say something untrue.

Numbered as our reference counts them. What only a real host can show (a container without ``ps``, units in unusual
places, a shell whose environment sudo strips) is a fact by the time it gets here; the agent's tests hold that part.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET

from posture.evaluation import catalogue, ruleset
from posture.evaluation.evaluate import evaluate
from posture.evaluation.verdict import Assessment
from posture.facts.normalise import normalise
from posture.facts.tests.builders import OBSERVED, container, hardened, host, image, network, snapshot
from posture.facts.wire.snapshot import Snapshot, Source

GIVEN: ruleset.Parameters = {
    "container-only-needed-ports": {"allowed_ports": ("8080/tcp",)},
    "host-trusted-engine-users": {"allowed": ("bobby",)},
}
EDITION = "cis-docker-1.8.0"
RULESET = ruleset.build(catalogue.load(), parameters=GIVEN, editions=[EDITION])
TLS = {"tlsverify": True, "tlscacert": "/ca.pem", "tlscert": "/cert.pem", "tlskey": "/key.pem"}
SELINUX: dict[str, Any] = {
    "host": host(SELinux="enforcing"),
    "Info": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=selinux"]},
}
NO_SECCOMP: dict[str, Any] = {"Info": {"SecurityOptions": ["name=apparmor"]}}
REMAPPED: dict[str, Any] = {"Info": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=userns"]}}
ROOTLESS: dict[str, Any] = {"Info": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}}
DISK = {"MountPoint": "/", "Type": "ext4", "Source": "/dev/sda1", "Root": "/", "Device": "8:1", "Options": "rw"}
VOLUME = {
    "Type": "volume",
    "Name": "data",
    "Source": "/var/lib/docker/volumes/data/_data",
    "Destination": "/etc",
    "RW": True,
    "Propagation": "",
}
LABELS = {"com.docker.swarm.service.name": "api", "com.docker.swarm.task.name": "api.1.abc"}
WORKER = {"LocalNodeState": "active", "ControlAvailable": False}
MANAGER = {
    "LocalNodeState": "active",
    "ControlAvailable": True,
    "Managers": 3,
    "AutoLockManagers": True,
    "NodeCertExpiry": 172_800_000_000_000,
    "CANotBefore": "2026-01-01T00:00:00Z",
}


def assessed(seen: Snapshot, at: datetime = OBSERVED) -> Assessment:
    return evaluate(normalise(seen), RULESET, at, everything=True)


def status(rule: str, seen: Snapshot, name: str = "", at: datetime = OBSERVED) -> str:
    """The status of a rule on the one resource of its kind, or on the one of this name."""
    found = [
        one.status.value
        for one in assessed(seen, at).verdicts
        if one.check.partition("~")[0] == rule and (not name or one.resource.name == name)
    ]
    assert len(found) == 1, f"{rule} judged {len(found)} resources"
    return found[0]


def web(engine: Mapping[str, Any] | None = None, **overrides: Any) -> Snapshot:
    """A host with one ordinary container."""
    return snapshot([container("web", **overrides)], **(engine or {}))


def flags(**values: object) -> Snapshot:
    """An engine with these command line options."""
    return snapshot(Daemon={"Flags": {name.replace("_", "-"): value for name, value in values.items()}})


def configured(**values: object) -> Snapshot:
    """An engine with these keys in daemon.json."""
    return snapshot(Daemon={"File": {name.replace("_", "-"): value for name, value in values.items()}})


def with_file(purpose: str, path: str = "/x", **keys: Any) -> Snapshot:
    found = {"Purpose": purpose, "Path": path, "Kind": "file", "Uid": 0, "Gid": 0, "Group": "root", "Mode": 0o600}
    return snapshot(host=host(Files=[{**found, **keys}]))


def bound(source: str, destination: str, mode: str = "rw") -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": source,
        "Destination": destination,
        "RW": mode == "rw",
        "Propagation": "rprivate",
    }


def mounted(*mounts: Mapping[str, Any]) -> Snapshot:
    return web(Mounts=list(mounts))


def stopped(user: str, **options: Any) -> Snapshot:
    return snapshot([container("web", running=False, Config={"User": user}, HostConfig=options)])


def restarting(name: str, tries: int = 0) -> Snapshot:
    return web(HostConfig={"RestartPolicy": {"Name": name, "MaximumRetryCount": tries}})


def published(address: str, port: str) -> Snapshot:
    return web(
        HostConfig={"PortBindings": {"80/tcp": [{"HostIp": address, "HostPort": port}]}},
        Ports={"80/tcp": [{"HostIp": address, "HostPort": port}]},
    )


def audited(*rules: str) -> Snapshot:
    files = [{"Purpose": "docker-config-directory", "Path": "/etc/docker", "Kind": "directory"}]
    return snapshot(host=host(Files=files, AuditRules=list(rules)))


def unaudited() -> Snapshot:
    """Only root may list the rules."""
    files = [{"Purpose": "docker-config-directory", "Path": "/etc/docker", "Kind": "directory"}]
    hidden = Source(Name="host.audit", Status="failed", Reason="not_permitted")
    return snapshot(host=host(Files=files, AuditRules=UNSET), sources=[hidden])


def stored(root: str, *mounts: Mapping[str, str], **info: Any) -> Snapshot:
    return snapshot(host=host(Mounts=[DISK, *mounts]), Info={"DockerRootDir": root, **info})


def in_group(name: str) -> Snapshot:
    return snapshot(host=host(Groups=[{"Name": "docker", "Gid": 999, "Members": [name]}]))


def on(point: str, device: str) -> dict[str, str]:
    return {**DISK, "MountPoint": point, "Device": device}


def engine_version(version: str) -> Snapshot:
    return snapshot(Version={"Version": version}, Info={"ServerVersion": version})


def built(*layers: Mapping[str, Any], **keys: Any) -> Snapshot:
    return snapshot(images=[image(History=list(layers), **keys)])


def layer(instruction: str, *traits: str, base: bool = False) -> dict[str, Any]:
    return {"Instruction": instruction, "Empty": False, "Base": base, "Traits": list(traits)}


def swarm(**keys: Any) -> Snapshot:
    return snapshot(Info={"Swarm": {**MANAGER, **keys}}, Services=[])


def overlay(**options: str) -> Snapshot:
    return snapshot(networks=[network("shop", Driver="overlay", Scope="swarm", Options=dict(options))])


def task(attempts: int) -> Snapshot:
    one = {"Name": "api", "Secrets": 0, "RestartCondition": "any", "RestartMaxAttempts": attempts, "Marks": []}
    return web({"Services": [one]}, Config={"Labels": LABELS})


CASES = [
    (1, "daemon-tls", "fail", flags(hosts=["tcp://0.0.0.0:2375"])),
    (1, "daemon-tls", "fail", flags(hosts=["fd://", "tcp://[::]:2375"])),
    (2, "daemon-tls", "fail", configured(hosts=["unix:///run/docker.sock", "tcp://0.0.0.0:2375"])),
    (2, "daemon-tls", "pass", configured(hosts=["tcp://0.0.0.0:2376"], **TLS)),
    (2, "daemon-tls", "fail", configured(hosts=["tcp://0.0.0.0:2376"], tls=True)),
    (2, "daemon-tls", "pass", configured(log_opts={"syslog-address": "tcp remote"})),
    (3, "file-engine-socket-mode", "fail", with_file("engine-socket", Kind="socket", Mode=0o606)),
    (3, "file-engine-socket-mode", "fail", with_file("engine-socket", Kind="socket", Mode=0o646)),
    (3, "file-engine-socket-mode", "pass", with_file("engine-socket", Kind="socket", Mode=0o660)),
    (3, "file-daemon-json-mode", "fail", with_file("daemon-json", Mode=0o622)),
    (3, "file-daemon-json-mode", "pass", with_file("daemon-json", Mode=0o444)),
    (3, "file-config-directory-mode", "fail", with_file("docker-config-directory", Kind="directory", Mode=0o733)),
    (3, "file-config-directory-mode", "fail", with_file("docker-config-directory", Kind="directory", Mode=0o747)),
    (3, "file-config-directory-mode", "pass", with_file("docker-config-directory", Kind="directory", Mode=0o1755)),
    (3, "file-tls-key-mode", "pass", with_file("tls-key", Mode=0)),
    (3, "file-tls-key-mode", "fail", with_file("tls-key", Mode=0o377)),
    (4, "container-no-sensitive-mounts", "fail", mounted(bound("/etc/ssh", "/keys"))),
    (4, "container-no-sensitive-mounts", "fail", mounted(bound("/root", "/keys"))),
    (4, "container-no-sensitive-mounts", "fail", mounted(bound("/var/run", "/run"))),
    (4, "container-no-sensitive-mounts", "fail", mounted(bound("/etc", "/host/etc", "ro"))),
    (4, "container-no-sensitive-mounts", "fail", mounted(bound("/srv/../etc", "/data"))),
    (
        4,
        "container-no-sensitive-mounts",
        "pass",
        mounted(VOLUME),
    ),
    (4, "container-no-sensitive-mounts", "pass", mounted(bound("/srv/etc", "/data", "ro"), bound("/srv/www", "/www"))),
    (4, "container-no-engine-socket", "fail", mounted(bound("/var/run", "/host/run"))),
    (4, "container-no-engine-socket", "fail", mounted(bound("/", "/host", "ro"))),
    (4, "container-no-engine-socket", "fail", mounted(bound("/run/containerd/containerd.sock", "/c.sock"))),
    (4, "container-no-engine-socket", "fail", mounted(bound("/var/run/docker.sock", "/docker.sock", "ro"))),
    *((5, "container-user-not-root", "fail", stopped(user)) for user in ("0:0", "0:1000", "root:root", "00", "")),
    (5, "container-user-not-root", "pass", stopped("1000:0")),
    (5, "container-user-not-root", "pass", web(Process={"Uid": 999, "ContainerUid": 999})),
    (5, "container-user-not-root", "fail", web(Config={"User": "user1"})),  # a sudo wrapper: its process is root's
    (6, "container-capabilities", "fail", web()),
    (6, "container-capabilities", "fail", web(HostConfig={"CapAdd": ["CAP_SYS_ADMIN"], "CapDrop": ["CAP_NET_RAW"]})),
    (7, "container-restart-bounded", "fail", restarting("always")),
    (7, "container-restart-bounded", "fail", restarting("unless-stopped")),
    (7, "container-restart-bounded", "fail", restarting("on-failure")),
    (7, "container-restart-bounded", "pass", restarting("on-failure", 5)),
    (7, "container-restart-bounded", "pass", restarting("no")),
    (7, "container-restart-bounded", "fail", task(0)),
    (7, "container-restart-bounded", "pass", task(3)),
    (7, "container-restart-bounded", "unknown", web({"Services": UNSET}, Config={"Labels": LABELS})),
    (8, "daemon-no-new-privileges", "fail", flags(no_new_privileges=False)),
    (8, "daemon-live-restore", "fail", flags(live_restore=False)),
    (8, "container-no-new-privileges", "fail", web(HostConfig={"SecurityOpt": ["no-new-privileges:false"]})),
    (8, "container-no-new-privileges", "fail", web(HostConfig={"SecurityOpt": ["no-new-privileges=false"]})),
    (9, "daemon-log-level", "fail", flags(log_level="debug")),
    (9, "daemon-log-level", "fail", flags(debug=True)),
    (10, "daemon-cgroup-parent", "fail", configured(cgroup_parent="/elsewhere")),
    (11, "daemon-supported-version", "fail", engine_version("18.09.1")),
    (11, "daemon-supported-version", "fail", engine_version("17.03.2-ce")),
    (12, "container-no-host-userns", "fail", web()),
    (12, "container-no-host-userns", "fail", web(REMAPPED, HostConfig={"UsernsMode": "host"})),
    (12, "container-no-host-userns", "pass", web(REMAPPED, Process={"IdentityUidMap": False})),
    (13, "container-seccomp", "fail", web(HostConfig={"Privileged": True})),
    (13, "container-seccomp", "fail", web(HostConfig={"SecurityOpt": ["seccomp=unconfined"]}, Process={"Seccomp": 0})),
    (13, "container-seccomp", "fail", web(NO_SECCOMP, Process={"Seccomp": 0})),
    (14, "container-selinux", "fail", web(SELINUX, HostConfig={"SecurityOpt": ["no-new-privileges"]})),
    (14, "container-selinux", "pass", web(SELINUX, ProcessLabel="system_u:system_r:container_t:s0:c1,c2")),
    (15, "container-selinux", "not_applicable", web()),
    (15, "container-apparmor", "not_applicable", web(SELINUX)),
    (16, "container-no-sshd", "fail", web(Process={"SshServers": ["sshd"]})),
    (16, "container-no-sshd", "unknown", snapshot([container("web", running=False)])),
    (17, "container-no-privileged-ports", "pass", published("0.0.0.0", "1024")),
    (17, "container-no-privileged-ports", "fail", published("::", "80")),
    (17, "container-bound-address", "fail", published("::", "8080")),
    (17, "container-bound-address", "fail", published("", "8080")),
    (17, "container-bound-address", "pass", published("192.0.2.7", "8080")),
    (17, "container-only-needed-ports", "pass", published("192.0.2.7", "8080")),
    (17, "container-only-needed-ports", "fail", published("192.0.2.7", "9090")),
    (18, "container-cpu-shares", "fail", web(HostConfig={"CpuShares": 1024})),
    (18, "container-cpu-shares", "pass", web(HostConfig={"CpuQuota": 50_000, "CpuPeriod": 100_000})),
    (19, "container-ulimit-overrides", "pass", web()),
    (19, "container-ulimit-overrides", "fail", web(HostConfig={"Ulimits": [{"Name": "nofile", "Soft": 9, "Hard": 9}]})),
    (20, "daemon-remote-logging", "fail", snapshot(Info={"LoggingDriver": "none"})),
    (20, "daemon-remote-logging", "fail", snapshot(Info={"LoggingDriver": "local"})),
    (21, "daemon-seccomp", "pass", snapshot(Info={"SecurityOptions": ["name=seccomp,profile=builtin"]})),
    (21, "daemon-seccomp", "fail", snapshot(Info={"SecurityOptions": ["name=seccomp,profile=unconfined"]})),
    (22, "file-audit-config-directory", "fail", audited("-w /etc/docker/daemon.json -p wa -k docker")),
    (22, "file-audit-config-directory", "pass", audited("-w /etc/docker/ -p wa -k docker")),
    (22, "file-audit-config-directory", "unknown", unaudited()),
    (23, "file-service-unit-owner", "fail", with_file("docker-service-unit", "/opt/units/docker.service", Uid=1000)),
    (23, "file-socket-unit-mode", "fail", with_file("docker-socket-unit", "/opt/units/docker.socket", Mode=0o666)),
    (24, "daemon-data-root-partition", "fail", stored("/var/lib/docker", on("/var/lib/docker", "8:1"))),
    (24, "daemon-data-root-partition", "pass", stored("/var/lib/docker", on("/var/lib/docker", "8:17"))),
    (24, "daemon-data-root-partition", "pass", stored("/srv/docker", on("/srv/docker", "8:17"))),
    (
        24,
        "daemon-data-root-partition",
        "pass",
        stored("/var/lib/docker/100000.100000", on("/var/lib/docker", "8:17"), **REMAPPED["Info"]),
    ),
    (24, "daemon-data-root-partition", "unknown", snapshot(host=host(Mounts=UNSET))),
    (
        25,
        "host-trusted-engine-users",
        "fail",
        in_group("bob"),
    ),
    (
        25,
        "host-trusted-engine-users",
        "pass",
        in_group("bobby"),
    ),
    (25, "host-trusted-engine-users", "unknown", snapshot(host=host(Groups=UNSET))),
    (26, "host-content-trust", "pass", snapshot(host=host(Environment={"DOCKER_CONTENT_TRUST": "1"}))),
    (26, "host-content-trust", "fail", snapshot(host=host(Environment={"DOCKER_CONTENT_TRUST": "0"}))),
    (27, "image-healthcheck", "fail", snapshot(images=[image(Healthcheck={"Kind": "NONE"})])),
    (27, "container-healthcheck", "fail", web(Config={"Healthcheck": {"Kind": "NONE"}})),
    (
        27,
        "container-healthcheck",
        "fail",
        web(Config={"Healthcheck": {"Kind": "CMD"}}, State={"Health": "unhealthy"}),
    ),
    (28, "image-no-lone-index-refresh", "pass", built(layer("RUN"), layer("RUN", "index-refresh", "package-install"))),
    (28, "image-no-lone-index-refresh", "fail", built(layer("RUN", "index-refresh"), layer("RUN", "package-install"))),
    (28, "image-no-lone-index-refresh", "unknown", snapshot(images=[image(History=UNSET)])),
    (28, "image-copy-not-add", "pass", built(layer("ADD", base=True), layer("ADD", base=True), layer("COPY"))),
    (28, "image-copy-not-add", "fail", built(layer("ADD", base=True), layer("ADD"), layer("COPY"))),
    (29, "swarm-manager-count", "fail", swarm(Managers=4)),
    (29, "swarm-manager-count", "pass", swarm(Managers=5)),
    (
        29,
        "swarm-manager-count",
        "not_applicable",
        snapshot(Info={"Swarm": WORKER}),
    ),
    (30, "network-overlay-encrypted", "fail", overlay()),
    (30, "network-overlay-encrypted", "pass", overlay(encrypted="")),
    (30, "swarm-certificate-life", "pass", swarm(NodeCertExpiry=86_400_000_000_000)),
    (30, "swarm-certificate-life", "fail", swarm(NodeCertExpiry=7_776_000_000_000_000)),
    (31, "daemon-default-ulimits", "fail", snapshot()),
    (31, "daemon-authorization", "fail", snapshot(Info={"AuthorizationPlugins": None})),
    (32, "daemon-experimental", "fail", snapshot(Info={"ExperimentalBuild": True}, Version={"Version": "20.10.24"})),
    (
        33,
        "container-not-privileged",
        "fail",
        stopped("", Privileged=True),
    ),
    (36, "file-daemon-json-owner", "fail", with_file("daemon-json", "/srv/docker/daemon.json", Uid=1000)),
    (36, "daemon-userns-remap", "pass", snapshot(**ROOTLESS)),
    (36, "daemon-iptables", "not_applicable", snapshot(**ROOTLESS)),
]


@pytest.mark.parametrize(
    ("rule", "wanted", "seen"),
    [case[1:] for case in CASES],
    ids=[f"{row}-{rule}-{wanted}-{index}" for index, (row, rule, wanted, _) in enumerate(CASES)],
)
def test_the_truth_is_said(rule: str, wanted: str, seen: Snapshot) -> None:
    assert status(rule, seen) == wanted


def test_6_dropping_counts() -> None:
    assert status("container-capabilities", snapshot([hardened("web")])) == "pass"


def test_11_a_maintained_engine_passes_until_its_branch_ends() -> None:
    """The calendar decides, not a list of versions inside a script."""
    found = assessed(engine_version("28.1.0"), datetime(2025, 6, 1, tzinfo=UTC))
    passed = next(one for one in found.verdicts if one.check == "daemon-supported-version")
    assert passed.status.value == "pass"
    assert passed.valid_until is not None
    assert status("daemon-supported-version", engine_version("28.1.0"), at=passed.valid_until) == "fail"


def test_33_a_host_without_containers_is_judged_too() -> None:
    states = assessed(snapshot()).states
    empty = states["container-not-privileged"]
    assert (empty.status.value, empty.reason and empty.reason.value) == ("not_applicable", "no_resource")
    assert states["daemon-tls"].status.value == "pass"


def test_34_a_swarm_that_is_not_there_earns_nothing() -> None:
    """Nor does it cost: the score is that of what could be judged."""
    without, worker = assessed(snapshot()), assessed(snapshot(Info={"Swarm": {"LocalNodeState": ""}}))
    automated = ("manager-count", "control-address", "secrets", "autolock", "certificate-life", "ca-age")
    for name in automated:
        state = without.states[f"swarm-{name}"]
        assert (state.status.value, state.passed) == ("not_applicable", 0)
    assert without.scores[EDITION] == worker.scores[EDITION]


def test_34_a_swarm_that_cannot_be_seen_is_unknown() -> None:
    hidden = assessed(snapshot(Info={"Swarm": UNSET}))
    assert {hidden.states[f"swarm-{name}"].status.value for name in ("autolock", "secrets")} == {"unknown"}
    assert hidden.scores[EDITION].coverage < assessed(snapshot()).scores[EDITION].coverage


def test_35_what_an_agent_does_not_see_is_not_called_absent() -> None:
    """An agent in a container of its own that was not given the host's files."""
    found = assessed(snapshot(host=host(Files=UNSET)))
    about_files = {key: one.status.value for key, one in found.states.items() if key.startswith("file-")}
    assert set(about_files.values()) == {"unknown"}


def test_every_row_is_held() -> None:
    """Row 34 is about the score and 35 about where the tool runs: they have tests of their own."""
    assert {row for row, *_ in CASES} | {34, 35} == set(range(1, 37))
