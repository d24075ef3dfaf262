"""What each choice of each policy judges: on hosts where the choices part, and nowhere but in our own edition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.evaluation.catalogue import OWN_EDITION, load
from posture.evaluation.evaluate import evaluate
from posture.evaluation.policy import Policy
from posture.evaluation.ruleset import Parameters, Ruleset, build, check_key
from posture.facts.normalise import normalise
from posture.facts.tests.builders import OBSERVED, container, host, image, network, snapshot
from posture.facts.tests.defaults import root_mount
from posture.facts.wire.snapshot import Snapshot

pytestmark = pytest.mark.slow  # each choice compiles an edition

CATALOGUE = load()
NUMBERS = {
    control.policy.id: control.number
    for control in CATALOGUE.editions[OWN_EDITION].controls()
    if control.policy is not None
}
PUBLISHED = [edition for edition in CATALOGUE.editions if edition != OWN_EDITION]
EVERY_CHOICE = pytest.mark.parametrize(
    ("policy", "choice"),
    [(policy, choice) for policy in CATALOGUE.policies.values() for choice in policy.choices],
    ids=lambda value: value.id if isinstance(value, Policy) else value,
)

SOCKET = [
    {"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/s", "RW": True, "Propagation": "rprivate"}
]
STRICT = {"Path": "inline:strict", "DefaultAction": "SCMP_ACT_ERRNO", "AllowedSyscalls": 300}
# Bounding sets: the default one without NET_RAW; NET_BIND_SERVICE alone; what source 000 leaves, NET_RAW included.
NO_NET_RAW, BIND_ONLY, SIX_LEFT = "00000000a80405fb", "0000000000000400", "00000000200424c0"


def ours(policies: Mapping[str, str], parameters: Parameters | None = None) -> Ruleset:
    return build(CATALOGUE, parameters=parameters or {}, editions=[OWN_EDITION], policies=policies)


@cache
def by_default() -> Ruleset:
    return ours({})


def of(**overrides: Any) -> Snapshot:
    """A host with one ordinary container but for these keys."""
    return snapshot([container("web", **overrides)])


def held(mask: str) -> Snapshot:
    return of(Process={"CapBnd": mask, "CapEff": mask})


def published(port: str) -> Snapshot:
    binding = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}]}
    return of(HostConfig={"PortBindings": binding}, Ports=binding)


def restarted(name: str) -> Snapshot:
    return of(HostConfig={"RestartPolicy": {"Name": name, "MaximumRetryCount": 0}})


def built(image_keys: Mapping[str, Any], **container_keys: Any) -> Snapshot:
    return snapshot([container("web", **container_keys)], [image("nginx:1.25", **image_keys)])


@dataclass(frozen=True)
class Case:
    """A host, and what the policy's control says of it under each choice; "" where nothing is judged."""

    policy: str
    host: Snapshot
    wanted: Mapping[str, str]
    parameters: Parameters = field(default_factory=dict)


REMAPPING = ["name=seccomp,profile=default", "name=userns"]
SUDO = {"SetuidFiles": [{"Path": "/usr/bin/sudo", "Mode": 0o4755}]}
# /var/lib/docker on an encrypted disk of its own, the rest beside it.
DISKS = [
    {"Device": "8:0", "Name": "sda", "Parents": []},
    {"Device": "8:16", "Name": "sdb", "Parents": []},
    {"Device": "254:0", "Name": "dm-0", "Mapping": "CRYPT-LUKS2", "Parents": ["8:16"]},
]
DATA = root_mount() | {"MountPoint": "/var/lib/docker", "Source": "/dev/dm-0", "Device": "254:0"}
APART = snapshot([container("web")], host=host(Mounts=[root_mount(), DATA], BlockDevices=DISKS))
QUIET = network("bridge", Options={"com.docker.network.bridge.enable_icc": "false"})
CASES = [
    Case("packet-filter", of(), {"engine": "pass", "operator": "fail"}),
    Case(
        "packet-filter",
        snapshot([container("web")], Daemon={"Flags": {"iptables": False}}),
        {"engine": "fail", "operator": "pass"},
    ),
    Case(
        "storage-driver",
        snapshot([container("web")], Info={"Driver": "devicemapper"}),
        {"current": "fail", "old-boards": "pass"},
    ),
    Case(
        "storage-driver",
        snapshot([container("web")], Info={"Driver": "aufs"}),
        {"current": "fail", "old-boards": "fail"},
    ),
    Case("storage-driver", of(), {"current": "pass", "old-boards": "pass"}),
    Case("image-trust", of(), {"digests": "fail", "signatures": "manual", "content-trust": "fail"}),
    Case(
        "image-trust",
        snapshot([container("web")], host=host(Environment={"DOCKER_CONTENT_TRUST": "1"})),
        {"digests": "fail", "signatures": "manual", "content-trust": "pass"},
    ),
    Case(
        "privilege-tools",
        built(SUDO, Process={"NoNewPrivs": 1}),
        {"disarmed": "pass", "absent": "fail", "tolerated": ""},
    ),
    Case("privilege-tools", built(SUDO), {"disarmed": "fail", "absent": "fail", "tolerated": ""}),
    Case("root-user", built({"User": "1000"}), {"process": "fail", "image": "pass"}),
    Case(
        "root-user",
        built({"User": ""}, Process={"Uid": 1000, "ContainerUid": 1000}),
        {"process": "pass", "image": "fail"},
    ),
    Case(
        "ssh-in-containers",
        built({"Programs": ["/usr/sbin/sshd"]}),
        {"stopped": "pass", "absent": "fail", "tolerated": ""},
    ),
    Case(
        "ssh-in-containers",
        built({"Programs": ["/usr/sbin/sshd"]}, Process={"SshServers": ["sshd"]}),
        {"stopped": "fail", "absent": "fail", "tolerated": ""},
    ),
    Case(
        "capabilities",
        held(NO_NET_RAW),
        {"allow-list": "fail", "none": "fail", "engine-default": "pass", "listed": "fail"},
    ),
    Case(
        "capabilities",
        held(BIND_ONLY),
        {"allow-list": "pass", "none": "fail", "engine-default": "pass", "listed": "pass"},
    ),
    Case(
        "capabilities",
        held(SIX_LEFT),
        {"allow-list": "fail", "none": "fail", "engine-default": "fail", "listed": "pass"},
    ),
    Case("cpu", of(HostConfig={"CpuShares": 205}), {"cap": "fail", "shares": "pass", "any": "pass"}),
    Case("cpu", of(HostConfig={"CpusetCpus": "0"}), {"cap": "fail", "shares": "fail", "any": "pass"}),
    Case("cpu", of(HostConfig={"NanoCpus": 10**9}), {"cap": "pass", "shares": "pass", "any": "pass"}),
    Case(
        "memory",
        of(HostConfig={"Memory": 2**28, "MemorySwap": -1}),
        {"memory-and-swap": "fail", "memory": "pass"},
    ),
    Case("default-bridge", of(Networks=["shop"]), {"unused": "pass", "quiet": "fail", "none": "fail"}),
    Case("default-bridge", of(), {"unused": "fail", "quiet": "fail", "none": "fail"}),
    Case(
        "default-bridge",
        snapshot([container("web")], networks=[QUIET]),
        {"unused": "fail", "quiet": "pass", "none": "fail"},
    ),
    Case(
        "default-bridge",
        snapshot([container("web", Networks=["shop"])], networks=[network("shop")]),
        {"unused": "not_applicable", "quiet": "not_applicable", "none": "pass"},
    ),
    Case("host-user-namespaces", of(), {"rootless": "fail", "closed": "fail", "open": ""}),
    Case(
        "host-user-namespaces",
        snapshot([container("web")], host=host(Sysctls={"kernel.unprivileged_userns_clone": "0"})),
        {"rootless": "fail", "closed": "pass", "open": ""},
    ),
    Case(
        "userns-host",
        snapshot([container("web", HostConfig={"UsernsMode": "host"})], Info={"SecurityOptions": REMAPPING}),
        {"refused": "fail", "accepted": "pass"},
    ),
    Case("namespaces", of(HostConfig={"PidMode": "container:db"}), {"host": "", "any": "fail"}),
    Case("namespaces", of(HostConfig={"PidMode": "host"}), {"host": "", "any": "pass"}),
    Case("data-partition", of(HostConfig={"ReadonlyRootfs": True}), {"own": "fail", "bounded": "pass"}),
    Case("data-partition", APART, {"own": "pass", "bounded": "pass"}),
    Case("disk-encryption", of(), {"none": "", "data": "fail", "whole": "fail"}),
    Case("disk-encryption", APART, {"none": "", "data": "pass", "whole": "fail"}),
    Case(
        "seccomp",
        snapshot([container("web", HostConfig={"SecurityOpt": ["seccomp=inline:strict"]})], SeccompProfiles=[STRICT]),
        {"deny-by-default": "pass", "builtin": "fail"},
    ),
    Case("seccomp", of(), {"deny-by-default": "pass", "builtin": "pass"}),
    Case("apparmor", of(Process={"AppArmor": "shop (complain)"}), {"enforce": "fail", "complain": "pass"}),
    Case("apparmor", of(Process={"AppArmor": "unconfined"}), {"enforce": "fail", "complain": "fail"}),
    Case("privileged-ports", published("80"), {"web": "pass", "listed": "fail", "any": ""}),
    Case("privileged-ports", published("25"), {"web": "fail", "listed": "fail", "any": ""}),
    Case(
        "privileged-ports",
        published("25"),
        {"web": "fail", "listed": "pass", "any": ""},
        {"container-no-privileged-ports": {"allowed_ports": ("25/tcp",)}},
    ),
    Case("restart", restarted("always"), {"bounded": "fail", "supervised": "pass"}),
    Case("restart", restarted("no"), {"bounded": "pass", "supervised": "fail"}),
    Case("authorization-plugin", of(), {"trusted": "", "required": "fail"}),
    Case("log-export", of(), {"driver": "fail", "shipper": "manual", "inside": "manual"}),
    Case(
        "image-freshness",
        built({"Created": "2025-11-20T00:00:00Z"}),
        {"quarter": "pass", "month": "fail", "unbounded": ""},
    ),
    Case(
        "image-freshness",
        built({"Created": "2025-09-20T00:00:00Z"}),
        {"quarter": "fail", "month": "fail", "unbounded": ""},
        {"container-recent-image": {"maximum_age_days": 1000}},  # a choice's number goes before
    ),
    Case("privileged-containers", of(HostConfig={"Privileged": True}), {"never": "fail", "approved": "fail"}),
    Case(
        "privileged-containers",
        of(HostConfig={"Privileged": True}),
        {"never": "fail", "approved": "pass"},
        {"container-privileged-approved": {"images": ("nginx:1.25",)}},
    ),
    Case("docker-in-docker", of(Mounts=SOCKET), {"refused": "fail", "approved": "fail"}),
    Case(
        "docker-in-docker",
        of(Mounts=SOCKET),
        {"refused": "fail", "approved": "pass"},
        {"container-engine-socket-approved": {"images": ("nginx:1.25",)}},
    ),
    Case(
        "kernel-floor",
        snapshot([container("web")], host=host(Kernel="3.10.96", KernelBuilt="2026-01-05T00:00:00Z")),
        {"fresh": "pass", "limits": "fail", "old-boards": "pass"},
    ),
    Case(
        "kernel-floor",
        snapshot([container("web")], host=host(KernelBuilt="2016-01-05T00:00:00Z")),
        {"fresh": "fail", "limits": "pass", "old-boards": "pass"},
    ),
]


@EVERY_CHOICE
def test_a_choice_changes_its_own_control_and_no_other(policy: Policy, choice: str) -> None:
    chosen = policy.choices[choice]
    number = NUMBERS[policy.id]
    others = {other: key for other, key in by_default().editions[OWN_EDITION].items() if other != number}
    judging = dict(ours({policy.id: choice}).editions[OWN_EDITION])
    key = judging.pop(number, None)
    assert judging == others
    assert key == (None if chosen.rule is None else check_key(OWN_EDITION, chosen.rule, chosen.parameters))
    if key is not None:
        parameters = ours({policy.id: choice}).checks[key].parameters
        assert {name: parameters[name] for name in chosen.parameters} == dict(chosen.parameters)


@EVERY_CHOICE
def test_every_choice_is_kept_with_the_ruleset(policy: Policy, choice: str) -> None:
    """Another choice is another ruleset, so that the past stays judged as it was."""
    same = choice == policy.default
    assert (ours({policy.id: choice}).digest == by_default().digest) is same


def test_every_choice_is_tried_on_a_host() -> None:
    tried = {(case.policy, choice) for case in CASES for choice in case.wanted}
    assert tried == {(policy.id, choice) for policy in CATALOGUE.policies.values() for choice in policy.choices}
    for case in CASES:
        assert case.wanted.keys() == CATALOGUE.policies[case.policy].choices.keys()


def test_the_choices_of_a_policy_part_on_some_host() -> None:
    for policy in CATALOGUE.policies.values():
        for choice in policy.choices:
            answers = [case.wanted[choice] for case in CASES if case.policy == policy.id]
            alike = [
                other
                for other in policy.choices
                if answers == [case.wanted[other] for case in CASES if case.policy == policy.id]
            ]
            assert alike == [choice] or {*alike} == {"shipper", "inside"}, policy.id  # both are a person's word


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.policy)
def test_what_a_choice_says_of_a_host(case: Case) -> None:
    facts = normalise(case.host)
    found = {}
    for choice in case.wanted:
        rules = ours({case.policy: choice}, case.parameters)
        key = rules.editions[OWN_EDITION].get(NUMBERS[case.policy])
        found[choice] = "" if key is None else evaluate(facts, rules, OBSERVED).states[key].status.value
    assert found == case.wanted


def test_a_choice_that_is_gone_is_the_default() -> None:
    assert ours({"cpu": "gone", "gone": "cap"}).digest == by_default().digest


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries({policy.id: st.sampled_from([*policy.choices]) for policy in CATALOGUE.policies.values()}))
def test_no_choice_touches_a_published_edition(chosen: dict[str, str]) -> None:
    plain = build(CATALOGUE, parameters={}, editions=PUBLISHED)
    assert build(CATALOGUE, parameters={}, editions=PUBLISHED, policies=chosen).digest == plain.digest
    together = build(CATALOGUE, parameters={}, policies=chosen)
    for edition in PUBLISHED:
        assert together.editions[edition] == plain.editions[edition]
        for key in plain.editions[edition].values():
            assert together.checks[key].rule is plain.checks[key].rule
            assert together.checks[key].parameters == plain.checks[key].parameters
