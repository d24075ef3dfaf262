"""Facts of the host: its people, sockets, kernel, and files that must not vanish."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.lifecycles import NEVER
from posture.facts.normalise import normalise
from posture.facts.observed import NOT_COLLECTED
from posture.facts.resource import HostFacts
from posture.facts.tests.builders import container, engine, host, snapshot
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.container import Container
from posture.facts.wire.snapshot import Source

DENIED = Unseen(Reason.NOT_PERMITTED)
NAMES = ("accounts", "devices", "groups", "kernel", "listeners", "mounts", "releases", "sudoers", "sysctls")
SOURCES = [Source(Name=f"host.{name}", Status="failed", Reason="not_permitted") for name in NAMES]
USERNS = (
    "kernel.unprivileged_userns_clone",
    "user.max_user_namespaces",
    "kernel.apparmor_restrict_unprivileged_userns",
)
ALARM = {
    **{"Name": "alarm", "Uid": 1000, "LoginShell": True, "Unlocked": True, "Default": True},
    **{"Groups": ["docker", "wheel"], "PasswordChanged": "2016-01-01T00:00:00Z"},
}
ANNE = {"Name": "anne", "Uid": 1001, "LoginShell": True, "Unlocked": True, "Default": False, "Groups": ["docker"]}


def judged(containers: tuple[Container, ...] = (), **keys: Any) -> HostFacts:
    return normalise(snapshot(list(containers), host=host(**keys), sources=SOURCES))


def fact(name: str, **keys: Any) -> Value:
    return judged(**keys).resources[0].facts[name]


def people(*accounts: Mapping[str, Any], members: tuple[str, ...], sudoers: Any = ()) -> dict[str, Any]:
    groups = [
        {"Name": "docker", "Gid": 999, "Members": list(members)},
        {"Name": "engine", "Gid": 998, "Members": ["root"]},
    ]
    return {"Groups": groups, "Accounts": list(accounts), "Sudoers": list(sudoers)}


def test_who_may_use_an_engine() -> None:
    assert fact("EngineGroupMembers", **people(members=("root", "zoe", "anne"))) == ("anne", "zoe")
    assert fact("EngineGroupMembers", Groups=UNSET) == DENIED


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (people(members=()), ()),
        (people(ANNE, members=("anne",)), ()),
        (people(ANNE, ALARM, members=("alarm", "anne")), ("alarm: wheel",)),
        (people(ANNE, ALARM, members=("alarm", "anne"), sudoers=("%wheel", "root")), ("alarm: wheel, sudoers",)),
        (people(ANNE, members=("anne",), sudoers=("anne",)), ("anne: sudoers",)),
        (people(ANNE, members=("anne",), sudoers=("#1001",)), ("anne: sudoers",)),
        (people(ANNE, members=("anne",), sudoers=("ALL",)), ("anne: sudoers",)),
        (people(ANNE, members=("anne",), sudoers=("%docker",)), ("anne: sudoers",)),
        (people(ANNE, members=("anne",), sudoers=("+admins",)), NOT_COLLECTED),
        (people(ANNE, members=("anne",), sudoers=("%:Domain_Admins",)), NOT_COLLECTED),
        (people(ANNE, members=("anne",), sudoers=("%#4321",)), NOT_COLLECTED),
        (people(members=(), sudoers=("+admins",)), ()),
        (people({**ANNE, "Uid": 0}, members=("anne",)), ("anne: uid 0",)),
        (people(ANNE, members=("anne", "gone")), NOT_COLLECTED),
        (people({"Name": "anne", "Uid": 1}, members=("anne",)), NOT_COLLECTED),
        ({**people(ANNE, members=("anne",)), "Accounts": UNSET}, DENIED),
        ({**people(ALARM, members=("alarm",)), "Sudoers": UNSET}, DENIED),
    ],
)
def test_who_of_them_may_more(keys: dict[str, Any], found: Value) -> None:
    assert fact("PrivilegedEngineAccounts", **keys) == found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ("alarm",)),
        ({"Unlocked": False}, ()),
        ({"LoginShell": False}, ()),
        ({"Default": False}, ()),
        ({"Unlocked": UNSET, "Error": "not_permitted"}, DENIED),
        ({"Unlocked": UNSET, "LoginShell": False, "Error": "not_permitted"}, ()),
        ({"Default": UNSET}, NOT_COLLECTED),
    ],
)
def test_default_accounts(change: dict[str, Any], found: Value) -> None:
    account = {key: value for key, value in {**ALARM, **change}.items() if value is not UNSET}
    assert fact("DefaultAccounts", Accounts=[ANNE, account]) == found


@pytest.mark.parametrize(
    ("clone", "maximum", "restricted", "allowed"),
    [
        ("1", "31231", "", True),
        ("", "31231", "0", True),
        ("", "31231", "", True),
        ("0", "31231", "", False),
        ("0", None, None, False),
        ("", "0", "", False),
        ("1", "31231", "1", False),
        (None, "31231", "", NOT_COLLECTED),
        ("1", None, "", NOT_COLLECTED),
        ("1", "31231", None, NOT_COLLECTED),
        ("", "", "", True),  # before 4.9: the kernel's configuration has user namespaces
    ],
)
def test_user_namespaces(clone: str | None, maximum: str | None, restricted: str | None, allowed: Value) -> None:
    names = ("kernel.unprivileged_userns_clone", "user.max_user_namespaces")
    keys = dict(
        zip((*names, "kernel.apparmor_restrict_unprivileged_userns"), (clone, maximum, restricted), strict=True)
    )
    settings = {name: UNSET if value is None else value for name, value in keys.items()}
    assert fact("UnprivilegedUserns", Sysctls=settings) == allowed


def test_user_namespaces_of_old_and_hidden_kernels() -> None:
    absent = dict.fromkeys(
        (
            "kernel.unprivileged_userns_clone",
            "user.max_user_namespaces",
            "kernel.apparmor_restrict_unprivileged_userns",
        ),
        "",
    )
    assert fact("UnprivilegedUserns", Sysctls=absent, KernelConfig={"CONFIG_USER_NS": "n"}) is False
    assert fact("UnprivilegedUserns", Sysctls=absent, KernelConfig=UNSET) == NOT_COLLECTED
    assert fact("UnprivilegedUserns", Sysctls=UNSET) == DENIED


def test_what_the_kernel_lacks() -> None:
    assert fact("KernelMissing") == ()
    old = {"CONFIG_SECCOMP_FILTER": "n", "CONFIG_USER_NS": "n", "CONFIG_SECURITY_APPARMOR": "n"}
    lacks = ("CONFIG_SECCOMP_FILTER", "CONFIG_SECURITY_APPARMOR", "CONFIG_SECURITY_SELINUX", "CONFIG_USER_NS")
    assert fact("KernelMissing", KernelConfig=old) == lacks
    assert fact("KernelMissing", KernelConfig={"CONFIG_CGROUP_DEVICE": "n"}) == ()  # the second generation has its own
    assert fact("KernelMissing", KernelConfig={"CONFIG_KEYS": UNSET}) == NOT_COLLECTED
    assert fact("KernelMissing", KernelConfig=UNSET) == DENIED


def test_ages() -> None:
    assert fact("KernelBuilt") == "2025-12-30T00:00:00Z"
    assert fact("KernelBuilt", KernelBuilt=UNSET) == DENIED
    assert fact("OsSupportEnd") == "2028-06-30T00:00:00Z"
    assert fact("OsSupportEnd", OsId="archarm", OsVersion=UNSET) == NEVER
    end = {"OsSupportEnd": "2031-01-01T00:00:00Z"}
    assert fact("OsSupportEnd", **end) == "2028-06-30T00:00:00Z"  # the table knows it
    assert fact("OsSupportEnd", OsId="mylinux", OsVersion="7", **end) == "2031-01-01T00:00:00Z"
    assert fact("OsSupportEnd", OsId="mylinux", OsVersion="7") == NOT_COLLECTED
    assert fact("OsSupportEnd", OsVersion=UNSET, **end) == NOT_COLLECTED
    assert fact("OsSupportEnd", OsId=UNSET, **end) == NOT_COLLECTED


def socket(port: int, address: str = "0.0.0.0", protocol: str = "tcp", program: str = "") -> dict[str, Any]:
    found = {"Protocol": protocol, "Address": address, "Port": port}
    return {**found, "Program": program} if program else found


def test_sockets_open_to_other_machines() -> None:
    sockets = [
        *(socket(22, program="sshd"), socket(22, "::", program="sshd"), socket(5353, "::", "udp")),
        *(socket(631, "127.0.0.1"), socket(53, "127.0.0.53", "udp"), socket(53, "::1"), socket(1, "::ffff:127.0.0.1")),
        *(socket(68, protocol="udp"), socket(546, "fe80::1", "udp")),
    ]
    found = judged(Listeners=sockets).resources[0].facts
    assert found["Listeners"] == ("tcp 0.0.0.0:22 sshd", "tcp [::]:22 sshd", "udp [::]:5353")
    assert found["ListeningPorts"] == ("22/tcp", "5353/udp")
    assert found["ListeningCount"] == 2
    hidden = judged(Listeners=UNSET).resources[0].facts
    assert hidden["Listeners"] == hidden["ListeningPorts"] == hidden["ListeningCount"] == DENIED


def test_published_ports_are_left_out() -> None:
    web = container("web", Ports={"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "81/tcp": None})
    api = container("api", Ports={"53/udp": [{"HostIp": "192.0.2.7", "HostPort": "53"}]})
    sockets = [socket(8080, "::"), socket(53, "192.0.2.7", "udp"), socket(53, "192.0.2.8", "udp"), socket(81)]
    found = judged((web, api), Listeners=sockets).resources[0].facts
    assert found["Listeners"] == ("tcp 0.0.0.0:81", "udp 192.0.2.8:53")


def test_a_name_alone_publishes_nothing() -> None:
    web = container("web", Ports={"80/tcp": [{"HostIp": "192.0.2.7", "HostPort": "8080"}]})
    sockets = [socket(8080, program="rootlessport"), socket(31337, program="docker-proxy")]
    found = judged((web,), Listeners=sockets).resources[0].facts
    assert found["Listeners"] == ("tcp 0.0.0.0:31337 docker-proxy",)
    broken = container("web", Ports=UNSET, Error="timed_out")
    hidden = judged((broken,), Listeners=sockets).resources[0].facts
    assert hidden["Listeners"] == Unseen(Reason.TIMED_OUT)


def test_a_container_out_of_sight_may_explain_a_socket() -> None:
    broken = container("web", Ports=UNSET, Error="timed_out")
    nameless = judged((broken,), Listeners=[socket(8080)]).resources[0].facts
    assert nameless["ListeningPorts"] == Unseen(Reason.TIMED_OUT)
    named = judged((broken,), Listeners=[socket(22, program="sshd")]).resources[0].facts
    assert named["ListeningPorts"] == ("22/tcp",)


def test_a_file_that_an_agent_did_not_look_at_does_not_vanish() -> None:
    only = {"Purpose": "docker-binary", "Path": "/usr/bin/docker", "Kind": "absent"}
    files = {one.purpose: one for one in judged(Files=[only]).resources if one.kind == "file"}
    assert files["runc-binary"].key == "file/runc-binary:"
    assert files["runc-binary"].facts["Purpose"] == "runc-binary"
    rest = {value for name, value in files["runc-binary"].facts.items() if name != "Purpose"}
    assert rest == {NOT_COLLECTED}
    assert files["docker-binary"].facts["Kind"] == "absent"
    assert {"daemon-json", "data-root", "engine-socket"} <= set(files)
    assert not {"tls-key", "registry-key"} & set(files)
    assert not [one for one in judged(Files=UNSET).resources if one.kind == "file"]  # the whole list is a gap


TLS = {"tlscacert": "/srv/ca.pem", "tlscert": "/srv/cert.pem", "tlskey": "/srv/key.pem"}
NO_FLAGS = {"Flags": UNSET, "FlagsError": "not_permitted"}
NO_FILE = {"File": UNSET, "FileError": "not_permitted"}


@pytest.mark.parametrize(
    ("daemon", "missing"),
    [
        ({}, ""),
        ({"Flags": TLS}, ""),
        (UNSET, "ca certificate key"),
        (NO_FLAGS, "ca certificate key"),
        (NO_FILE, "ca certificate key"),
        ({**NO_FLAGS, **NO_FILE}, "ca certificate key"),
        ({**NO_FLAGS, "File": {"tlskey": "/srv/key.pem"}}, "ca certificate"),
        ({**NO_FLAGS, "File": {"tlsverify": True}}, "ca certificate key"),  # the usual places, or others
        ({**NO_FILE, "Flags": TLS}, ""),  # dockerd refuses an option that both set
        ({**NO_FILE, "Flags": {"tlscacert": "/srv/ca.pem"}}, "certificate key"),
    ],
)
def test_tls_files_that_an_engine_may_name_out_of_sight(daemon: Any, missing: str) -> None:
    listed = [{"Purpose": f"tls-{word}", "Path": f"/srv/{word}.pem"} for word in ("ca", "certificate", "key")]
    sound = engine(Key="docker-2", Endpoint="unix:///run/2.sock", Daemon={"Flags": TLS})
    wanted = {f"file/tls-{word}:" for word in missing.split()}
    for engines, files in (([engine(Daemon=daemon)], []), ([sound, engine(Daemon=daemon)], listed)):
        found = normalise(snapshot(engines=engines, host=host(Files=files))).resources
        unseen = {one.key: one.facts for one in found if one.key.startswith("file/tls-") and one.key.endswith(":")}
        assert set(unseen) == wanted
        assert all(facts["Kind"] == facts["Mode"] == facts["Rootless"] == NOT_COLLECTED for facts in unseen.values())


def test_podman_has_no_tls_files_out_of_sight() -> None:
    podman = engine(Kind="podman", Key="podman", Endpoint="unix:///run/podman/podman.sock", Daemon=UNSET)
    found = normalise(snapshot(engines=[podman], host=host(Files=[]))).resources
    assert not [one for one in found if one.key.startswith("file/tls-")]


def test_files_of_podman_and_of_engines_elsewhere() -> None:
    podman = engine(Kind="podman", Key="podman", Endpoint="unix:///run/podman/podman.sock")
    far = engine(Endpoint="tcp://192.0.2.7:2376")
    machine = host(Files=[])
    for one, wanted in ((podman, {"data-root", "engine-socket"}), (far, set())):
        found = normalise(snapshot(engines=[one], host=machine)).resources
        purposes = {each.purpose for each in found if each.kind == "file"}
        assert purposes & {"data-root", "engine-socket", "daemon-json"} == wanted
