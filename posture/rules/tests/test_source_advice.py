"""The 73 pieces of advice of the five source documents: each is judged, by facts that honour it and some that do not.

By hand from the documents: what each of them advises, in the order in which they first say it, and what CIS 1.6.0 and
ANSSI-FT-082 say about the same matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from posture.evaluation import catalogue
from posture.evaluation.judge import compile_logic, judge
from posture.evaluation.predicate import View
from posture.evaluation.rule import Rule
from posture.evaluation.verdict import Status
from posture.facts.vocabulary import CONTEXT, FACTS

AT = datetime(2026, 1, 10, tzinfo=UTC)
NEXT_YEAR, LAST_YEAR = "2027-01-01T00:00:00Z", "2025-01-01T00:00:00Z"
Facts = Mapping[str, Any]
A_PERSON: Facts = {}  # no machine can see it


@dataclass(frozen=True)
class Advice:
    """``key``: what it is about; ``same``: controls of CIS 1.6.0 and ANSSI-FT-082 about it; ``given``: parameters."""

    key: str
    rule: str
    honoured: Facts
    broken: Facts
    same: str = ""
    given: Facts = field(default_factory=dict)


OPEN_PORT = ("0.0.0.0:8080:80/tcp",)
LIMITS = {"MemoryAboveHost": False, "engine.MemoryLimit": True, "engine.SwapLimit": True}
CPU_FREE = {"HostConfig.CpuShares": 0, "HostConfig.NanoCpus": 0, "HostConfig.CpuQuota": 0, "HostConfig.CpusetCpus": ""}
IMAGE = {"InUse": True, "Repositories": ("docker.io/library/nginx",), "RepoDigests": ("nginx@sha256:0",)}
STRANGE = {**IMAGE, "Repositories": ("docker.io/somebody/nginx",)}
SCAN = {"InUse": True, "Scanned": True, "ScannedAt": "2026-01-01T00:00:00Z"}
MAC = {"engine.AppArmor": True, "AppArmorConfined": True}
OFFICIAL = {"approved": ("docker.io/library",)}
DOCKER = {"engine.Kind": "docker"}

ADVICE = (
    Advice(
        "cap_drop", "container-drop-all",
        {"HostConfig.Privileged": False, "Capabilities": ()},
        {"HostConfig.Privileged": False, "Capabilities": ("CHOWN", "NET_RAW")},
        "5.4 R8 R8-1",
    ),
    Advice(
        "cap_add", "container-added-capabilities",
        {"HostConfig.Privileged": False, "Capabilities": ("NET_BIND_SERVICE",)},
        {"HostConfig.Privileged": False, "Capabilities": ("NET_BIND_SERVICE", "SYS_TIME")},
        "5.4 R8 R8-1",
    ),
    Advice("non_root", "container-user-not-root", {"RootProcess": False}, {"RootProcess": True}, "4.1"),
    Advice(
        "cpu_limit", "container-cpu-bound",
        {**CPU_FREE, "HostConfig.CpusetCpus": "0"}, {**CPU_FREE, "HostConfig.CpuShares": 1024},
        "5.12 R11",
    ),
    Advice(
        "mem_limit", "container-memory-and-swap",
        {**LIMITS, "HostConfig.Memory": 2**28, "HostConfig.MemorySwap": 2**28},
        {**LIMITS, "HostConfig.Memory": 2**28, "HostConfig.MemorySwap": -1},
        "5.11 R10",
    ),
    Advice(
        "pids_limit", "container-pids-limit",
        {"HostConfig.PidsLimit": 20, "engine.PidsLimit": True}, {"HostConfig.PidsLimit": -1, "engine.PidsLimit": True},
        "5.29",
    ),
    Advice(
        "docker_group", "host-trusted-engine-users",
        {"EngineGroupMembers": ()}, {"EngineGroupMembers": ("alarm",)},
        "1.1.2",
    ),
    Advice(
        "host_mounts", "container-no-sensitive-mounts",
        {"SensitiveMounts": ()}, {"SensitiveMounts": ("/:/fullaccess:rw",)},
        "5.6 R1 R15",
    ),
    Advice("trusted_images", "image-approved-source", IMAGE, STRANGE, "4.2", OFFICIAL),
    Advice("image_scan", "image-scanned", {**SCAN, "FixableCritical": 0}, {**SCAN, "FixableCritical": 2}, "4.4"),
    Advice("content_trust", "host-content-trust", {"ContentTrust": True}, {"ContentTrust": False}, "4.5"),
    Advice("content_trust_key_backup", "image-signing-key-backup", A_PERSON, A_PERSON),
    Advice("seccomp", "container-seccomp", {"SeccompUnconfined": False}, {"SeccompUnconfined": True}, "5.22 R7"),
    Advice(
        "seccomp_kernel", "host-kernel-options",
        {"KernelMissing": ()}, {"KernelMissing": ("CONFIG_SECCOMP",)},
        "5.22",
    ),
    Advice("mac_lsm", "container-apparmor", MAC, {**MAC, "AppArmorConfined": False}, "5.2"),
    Advice(
        "apparmor_custom", "container-own-apparmor-profile",
        {**MAC, "AppArmorProfile": "no-shell"}, {**MAC, "AppArmorProfile": "docker-default"},
        "5.2",
    ),
    Advice(
        "read_only_rootfs", "container-read-only-root",
        {"HostConfig.ReadonlyRootfs": True}, {"HostConfig.ReadonlyRootfs": False},
        "5.13 R12 R13",
    ),
    Advice(
        "kernel_recent", "host-kernel-age",
        {"KernelBuilt": LAST_YEAR}, {"KernelBuilt": "2016-01-24T00:00:00Z"},
        "1.2.2",
    ),
    Advice("storage_driver", "daemon-storage-aufs", {"Driver": "devicemapper"}, {"Driver": "aufs"}, "2.6"),
    Advice("userns_remap", "daemon-userns-remap", {"UsernsRemap": True}, {"UsernsRemap": False}, "2.9 R7"),
    Advice("volume_ownership", "host-volume-ownership", A_PERSON, A_PERSON),
    Advice(
        "one_service_per_container", "container-one-service",
        {"Supervisors": ()}, {"Supervisors": ("supervisord",)},
    ),
    Advice(
        "dockerfile_single_update", "image-no-lone-index-refresh",
        {"LoneIndexRefresh": 0}, {"LoneIndexRefresh": 1},
        "4.7",
    ),
    Advice(
        "eol_image", "image-supported-release",
        {"Release": "debian 12", "ReleaseSupportEnd": NEXT_YEAR},
        {"Release": "debian 5", "ReleaseSupportEnd": LAST_YEAR},
        "4.4",
    ),
    Advice("no_sshd", "container-no-sshd", {"SshServers": ()}, {"SshServers": ("sshd",)}, "5.7"),
    Advice(
        "secrets_in_image", "image-no-secrets",
        {"SecretMarks": ()}, {"SecretMarks": ("password-assignment at history.2",)},
        "4.10",
    ),
    Advice(
        "bind_specific_ip", "container-bound-address",
        {"HostConfig.NetworkMode": "web", "PublishedPorts": ("192.0.2.7:9200:9200/tcp",), "WildcardPorts": ()},
        {"HostConfig.NetworkMode": "web", "PublishedPorts": OPEN_PORT, "WildcardPorts": OPEN_PORT},
        "5.14",
    ),
    Advice("host_minimal", "host-hardened", A_PERSON, A_PERSON, "1.2.1"),
    Advice("reload_policy", "host-policy-reload", A_PERSON, A_PERSON),
    Advice(
        "iptables_false", "daemon-iptables-off",
        {**DOCKER, "Rootless": False, "Iptables": False}, {**DOCKER, "Rootless": False, "Iptables": True},
        "2.4",
    ),
    Advice("iptables_host_firewall", "host-own-firewall", A_PERSON, A_PERSON, "1.2.1"),
    Advice("daemon_change_recreates", "daemon-change-plan", A_PERSON, A_PERSON),
    Advice(
        "sudo_nopasswd", "image-no-sudo",
        {"SudoPrograms": ()}, {"SudoPrograms": ("/usr/bin/sudo",)},
        "4.1 4.8 5.26 R8",
    ),
    Advice(
        "exec_limited_user", "container-no-root-exec",
        {"RootExecs": 0}, {"RootExecs": 1},
        "5.24", {"judge_live_sessions": True},
    ),
    Advice(
        "separate_partition", "daemon-data-root-partition",
        {"DataRootOwnFilesystem": True}, {"DataRootOwnFilesystem": False},
        "1.1.1 R12-2",
    ),
    Advice(
        "up_to_date", "host-os-supported",
        {"OsSupportEnd": NEXT_YEAR}, {"OsSupportEnd": LAST_YEAR},
        "1.2.1 1.2.2",
    ),
    Advice(
        "icc_false", "daemon-icc-off",
        {**DOCKER, "DefaultBridge": True, "DefaultBridgeIcc": False},
        {**DOCKER, "DefaultBridge": True, "DefaultBridgeIcc": True},
        "2.2 R3",
    ),
    Advice(
        "no_privileged", "container-not-privileged",
        {"HostConfig.Privileged": False}, {"HostConfig.Privileged": True},
        "5.5 R1",
    ),
    Advice("official_images", "image-approved-source", IMAGE, STRANGE, "4.2", OFFICIAL),
    Advice(
        "registry_secure", "daemon-insecure-registries",
        {"InsecureRegistries": ()}, {"InsecureRegistries": ("registry.lan:5000",)},
        "2.5",
    ),
    Advice(
        "no_publish_all", "container-no-publish-all",
        {"HostConfig.PublishAllPorts": False}, {"HostConfig.PublishAllPorts": True},
        "5.9",
    ),
    Advice(
        "file_permissions_inside", "image-no-world-writable",
        {"WorldWritable": ()}, {"WorldWritable": ("/etc/shadow",)},
        "4.8",
    ),
    Advice(
        "resource_limits", "container-memory-limit",
        {**LIMITS, "HostConfig.Memory": 2**28}, {**LIMITS, "HostConfig.Memory": 0},
        "5.11 R10",
    ),
    Advice(
        "namespaces", "container-own-namespaces",
        {"SharedNamespaces": ()}, {"SharedNamespaces": ("uts=host",)},
        "5.16 5.17 5.21 R6",
    ),
    Advice("rootless", "daemon-rootless", {"Rootless": True}, {"Rootless": False}, "2.1"),
    Advice("podman", "host-podman-considered", A_PERSON, A_PERSON),
    Advice("bench_1_11", "host-benchmark-repeated", A_PERSON, A_PERSON),
    Advice("luks", "daemon-data-root-encrypted", {"DataRootEncrypted": True}, {"DataRootEncrypted": False}),
    Advice(
        "full_disk_encryption", "host-root-encrypted",
        {"RootEncrypted": True}, {"RootEncrypted": False},
        "1.2.1",
    ),
    Advice(
        "authz_plugin", "daemon-authorization",
        {**DOCKER, "AuthorizationPlugins": ("authz",)}, {**DOCKER, "AuthorizationPlugins": ()},
        "2.12",
    ),
    Advice(
        "log_driver", "daemon-remote-logging",
        {**DOCKER, "LogsLeaveHost": True, "LocalLogContainers": ()},
        {**DOCKER, "LogsLeaveHost": False, "LocalLogContainers": ("web",)},
        "2.13 R16",
    ),
    Advice("review_infra_images", "image-approved-source", IMAGE, STRANGE, "4.2", OFFICIAL),
    Advice(
        "legacy_registry", "daemon-legacy-registry",
        {**DOCKER, "LegacyRegistry": False}, {**DOCKER, "LegacyRegistry": True},
    ),
    Advice(
        "digest_pinning", "container-image-pinned",
        {"ImagePinned": True}, {"ImagePinned": False},
        "4.2 5.28",
    ),
    Advice(
        "log_volume_ro", "daemon-shared-volumes",
        {"VolumesWrittenByMany": ()}, {"VolumesWrittenByMany": ("logs: collector, web",)},
        "R14",
    ),
    Advice("kernel_hardening", "host-kernel-hardening", A_PERSON, A_PERSON, "1.2.1"),
    Advice("minimal_image", "image-small", {"Size": 5 * 10**6}, {"Size": 10**9}, "4.3"),
    Advice(
        "immutable_containers", "container-small-writable-layer",
        {"HostConfig.ReadonlyRootfs": False, "WritableBytes": 2**20},
        {"HostConfig.ReadonlyRootfs": False, "WritableBytes": 2**28},
        "4.4 5.28 R14",
    ),
    Advice(
        "remote_api", "daemon-tls",
        {"TcpListeners": (), "UnprotectedTcpListeners": ()},
        {"TcpListeners": ("tcp://0.0.0.0:2375",), "UnprotectedTcpListeners": ("tcp://0.0.0.0:2375",)},
        "2.7",
    ),
    Advice(
        "default_credentials", "host-default-accounts",
        {"DefaultAccounts": ()}, {"DefaultAccounts": ("alarm", "root")},
        "1.1.2 1.2.1",
    ),
    Advice(
        "network_services", "host-declared-services",
        {"ListeningPorts": ("22/tcp",)}, {"ListeningPorts": ("111/tcp", "22/tcp")},
    ),
    Advice(
        "docker_user", "host-engine-account-alone",
        {"PrivilegedEngineAccounts": ()}, {"PrivilegedEngineAccounts": ("alarm: wheel",)},
        "1.1.2",
    ),
    Advice(
        "host_filesystems", "container-host-trees",
        {"HostConfig.Privileged": False, "HostTreeMounts": ()},
        {"HostConfig.Privileged": False, "HostTreeMounts": ("/sys:/sys:ro",)},
        "5.5 5.6 R1 R15",
    ),
    Advice(
        "devices_rwm", "container-device-permissions",
        {"HostConfig.Privileged": False, "HostDevices": ("/dev/ttyS0:r",), "WidestDevicePermissions": ()},
        {"HostConfig.Privileged": False, "HostDevices": ("/dev/sda:rwm",), "WidestDevicePermissions": ("/dev/sda",)},
        "5.18 R2",
        {"declared": ("/dev/ttyS0:r", "/dev/sda:rwm")},
    ),
    Advice(
        "no_docker0", "daemon-no-default-bridge",
        {**DOCKER, "DefaultBridge": False}, {**DOCKER, "DefaultBridge": True},
        "2.2 5.30 R3",
    ),
    Advice(
        "no_host_net", "container-no-host-network",
        {"HostConfig.NetworkMode": "web"}, {"HostConfig.NetworkMode": "host"},
        "5.10 R4",
    ),
    Advice(
        "dedicated_networks", "network-dedicated",
        {"Driver": "bridge", "Ingress": False, "DefaultBridge": False, "ServiceCount": 2, "ProjectCount": 1},
        {"Driver": "bridge", "Ingress": False, "DefaultBridge": False, "ServiceCount": 9, "ProjectCount": 1},
        "5.30 R5",
    ),
    Advice(
        "own_namespaces", "container-own-namespaces",
        {"SharedNamespaces": ()}, {"SharedNamespaces": ("pid=container:db",)},
        "5.16 5.17 5.21 R6",
    ),
    Advice(
        "unprivileged_userns_clone", "host-unprivileged-userns-off",
        {"UnprivilegedUserns": False}, {"UnprivilegedUserns": True},
        "R7-1",
    ),
    Advice(
        "userns_host_optout", "container-no-host-userns",
        {"HostUserns": False}, {"HostUserns": True},
        "5.31 R7 R7-2",
    ),
    Advice(
        "cgroup_parent", "container-default-cgroup",
        {"HostConfig.CgroupParent": ""}, {"HostConfig.CgroupParent": "/custom"},
        "5.25 R9",
    ),
    Advice(
        "storage_opt_size", "container-disk-quota",
        {"HostConfig.ReadonlyRootfs": False, "StorageSize": "2g"},
        {"HostConfig.ReadonlyRootfs": False, "StorageSize": ""},
        "R12-1",
    ),
    Advice("log_inside", "container-logs-exported", A_PERSON, A_PERSON, "R16-1"),
)  # fmt: skip
JUDGED = [advice for advice in ADVICE if advice.broken is not A_PERSON]
# Advice that stands in no CIS benchmark: these ids are ours alone.
NOT_IN_CIS_1_6 = {
    *("luks", "full_disk_encryption", "storage_opt_size", "unprivileged_userns_clone", "legacy_registry"),
    *("network_services", "kernel_recent", "log_inside", "log_volume_ro", "content_trust_key_backup"),
    *("one_service_per_container", "podman", "volume_ownership", "bench_1_11", "daemon_change_recreates"),
    "reload_policy",
}

CATALOGUE = catalogue.load()
EDITION = CATALOGUE.editions["source-advice"]


def number(advice: Advice) -> str:
    return f"S{ADVICE.index(advice) + 1}"


def rule_of(advice: Advice) -> Rule:
    return CATALOGUE.rules[advice.rule]


def status(advice: Advice, facts: Facts) -> Status:
    """What the edition's check says of one resource with these facts, and nothing else known."""
    rule = rule_of(advice)
    names = FACTS[rule.subject]
    assert set(facts) <= set(names) | set(CONTEXT), "a fact that is not in the vocabulary"
    own = {name: value for name, value in facts.items() if name in names}
    context = {name: value for name, value in facts.items() if name in CONTEXT}
    return judge(compile_logic(rule, advice.given), View(own, context, AT)).status


def test_every_piece_of_advice_is_one_control() -> None:
    found = {control.number: control.rule for control in EDITION.controls()}
    assert found == {number(advice): advice.rule for advice in ADVICE}
    assert EDITION.controls_total == len(ADVICE) == len({advice.key for advice in ADVICE}) == 73
    assert {control.level for control in EDITION.controls()} == {"source"}
    assert all(not control.parameters for control in EDITION.controls())


@pytest.mark.parametrize("advice", JUDGED, ids=lambda advice: advice.key)
def test_what_honours_it_passes(advice: Advice) -> None:
    assert status(advice, advice.honoured) is Status.PASS


@pytest.mark.parametrize("advice", JUDGED, ids=lambda advice: advice.key)
def test_what_breaks_it_fails(advice: Advice) -> None:
    assert status(advice, advice.broken) is Status.FAIL


@pytest.mark.parametrize("advice", JUDGED, ids=lambda advice: advice.key)
def test_nothing_seen_is_unknown(advice: Advice) -> None:
    assert status(advice, {}) is Status.UNKNOWN


def test_the_rest_waits_for_a_person() -> None:
    waiting = [advice for advice in ADVICE if advice.broken is A_PERSON]
    assert len(waiting) == 10
    assert {status(advice, {}) for advice in waiting} == {Status.MANUAL}


def test_assessment_says_whether_our_rule_judges() -> None:
    for control in EDITION.controls():
        rule = CATALOGUE.rules[str(control.rule)]
        assert (control.assessment.value == "manual") == (rule.manual is True), control.number


def test_rules_name_their_advice_and_its_documents() -> None:
    for advice in ADVICE:
        references = rule_of(advice).references
        named = {text for text in references if text.startswith("Source advice:")}
        assert named == {f"Source advice: {number(one)}" for one in ADVICE if one.rule == advice.rule}, advice.key
        assert any(text[:10] in {f"Source 00{document}" for document in range(5)} for text in references), advice.key


def test_counterparts_in_cis_and_anssi() -> None:
    for advice in ADVICE:
        places = CATALOGUE.counterparts[EDITION.id, number(advice)]
        found = {one for edition, one in places if edition in ("cis-docker-1.6.0", "anssi-ft-082")}
        assert found == set(advice.same.split()), advice.key


def test_advice_without_a_control_of_cis_is_here_all_the_same() -> None:
    assert {advice.key for advice in ADVICE} >= NOT_IN_CIS_1_6
    in_cis = {str(control.rule) for control in CATALOGUE.editions["cis-docker-1.6.0"].controls()}
    assert {advice.key for advice in ADVICE if advice.key in NOT_IN_CIS_1_6 and advice.rule in in_cis} == set()
