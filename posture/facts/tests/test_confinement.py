"""Capabilities, seccomp, AppArmor, SELinux, no-new-privileges and user namespaces, case by case."""

from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.observed import NOT_COLLECTED
from posture.facts.tests.builders import host
from posture.facts.tests.one_fact import fact, stopped
from posture.facts.values import Reason, Unseen


@pytest.mark.parametrize(
    ("added", "dropped", "net_raw", "beyond"),
    [
        (None, None, True, ()),
        (None, ["NET_RAW"], False, ()),
        (None, ["cap_net_raw"], False, ()),
        (None, ["ALL"], False, ()),
        (["NET_RAW"], ["all"], True, ()),
        (["CAP_SYS_ADMIN"], None, True, ("SYS_ADMIN",)),
        (["sys_time", "CHOWN"], ["ALL"], False, ("SYS_TIME",)),
        (["ALL"], None, True, ("ALL",)),
        (["ALL"], ["NET_RAW"], False, ("ALL",)),
    ],
)
def test_capabilities_as_configured(
    added: list[str] | None, dropped: list[str] | None, net_raw: bool, beyond: tuple[str, ...]
) -> None:
    config = {"CapAdd": added, "CapDrop": dropped}
    assert fact("NetRaw", **stopped(HostConfig=config)) is net_raw
    assert fact("AddedCapabilities", **stopped(HostConfig=config)) == beyond


def test_the_bounding_set_of_the_process_goes_first() -> None:
    assert fact("NetRaw", Process={"CapBnd": "0000000000000000"}) is False
    assert fact("Capabilities", Process={"CapBnd": "0000000000002001"}) == ("CHOWN", "NET_RAW")
    assert fact("Capabilities", Process={"CapBnd": "000001ffffffffff"}) == ("ALL",)
    # an ordinary user holds nothing, but a setuid file gives it all of the bounding set
    assert fact("NetRaw", Process={"CapEff": "0", "CapBnd": "00000000a80425fb"}) is True


def test_privileged_has_everything() -> None:
    privileged = {"Privileged": True}
    assert fact("AddedCapabilities", HostConfig=privileged) == ("ALL",)
    assert fact("Capabilities", **stopped(HostConfig=privileged)) == ("ALL",)
    assert fact("SeccompUnconfined", **stopped(HostConfig=privileged)) is True
    assert fact("AppArmorConfined", **stopped(HostConfig=privileged, AppArmorProfile="")) is False


SECCOMP: list[tuple[list[str] | None, int, bool]] = [
    (None, 2, False),
    (None, 0, True),
    (["seccomp=unconfined"], 0, True),
    (["seccomp:unconfined"], 2, True),
    (["no-new-privileges"], 2, False),
    (["seccomp=builtin"], 2, False),
    (["seccomp=inline:strict"], 2, False),
    (["seccomp=inline:weak"], 2, True),
]
PROFILES = [
    {"Path": "inline:strict", "DefaultAction": "SCMP_ACT_ERRNO", "AllowedSyscalls": 300},
    {"Path": "inline:weak", "DefaultAction": "SCMP_ACT_ALLOW", "AllowedSyscalls": 0},
    {"Path": "inline:hidden", "Error": "source_failed"},
]


@pytest.mark.parametrize(("options", "mode", "unconfined"), SECCOMP)
def test_seccomp(options: list[str] | None, mode: int, unconfined: bool) -> None:
    keys = {"SeccompProfiles": PROFILES}
    config = {"SecurityOpt": options}
    assert fact("SeccompUnconfined", engine_keys=keys, HostConfig=config, Process={"Seccomp": mode}) is unconfined
    if mode:
        assert fact("SeccompUnconfined", engine_keys=keys, **stopped(HostConfig=config)) is unconfined


def test_a_seccomp_profile_that_could_not_be_read_is_not_judged() -> None:
    keys = {"SeccompProfiles": PROFILES}
    config = {"SecurityOpt": ["seccomp=inline:hidden"]}
    assert fact("SeccompUnconfined", engine_keys=keys, HostConfig=config) == Unseen(Reason.SOURCE_FAILED)


@pytest.mark.parametrize(
    ("printed", "unconfined"),
    [("name=seccomp,profile=builtin", False), ("seccomp", False), ("name=seccomp,profile=unconfined", True)],
)
def test_the_engine_decides_about_seccomp_where_the_container_does_not(printed: str, unconfined: bool) -> None:
    keys = {"Info": {"SecurityOptions": [printed]}}
    assert fact("SeccompUnconfined", engine_keys=keys, **stopped()) is unconfined
    assert fact("SeccompUnconfined", engine_keys={"Info": {"SecurityOptions": []}}, **stopped()) is True


@pytest.mark.parametrize(
    ("options", "builtin"),
    [
        (None, True),
        (["seccomp=builtin"], True),
        (["seccomp=inline:strict"], False),
        (["seccomp=inline:weak"], False),
        (["seccomp=unconfined"], False),
    ],
)
def test_whose_seccomp_filter_it_is(options: list[str] | None, builtin: bool) -> None:
    keys = {"SeccompProfiles": PROFILES}
    assert fact("SeccompBuiltin", engine_keys=keys, **stopped(HostConfig={"SecurityOpt": options})) is builtin


def test_a_filter_for_the_whole_daemon_is_not_the_engines_own() -> None:
    profile = {"Path": "/etc/docker/calls.json", "DefaultAction": "SCMP_ACT_ERRNO", "AllowedSyscalls": 300}
    printed = {"SecurityOptions": ["name=seccomp,profile=/etc/docker/calls.json"]}
    keys = {"Info": printed, "Daemon": {"SeccompProfile": profile}}
    assert fact("SeccompUnconfined", engine_keys=keys, **stopped()) is False
    assert fact("SeccompBuiltin", engine_keys=keys, **stopped()) is False
    assert fact("SeccompBuiltin", engine_keys={"Info": {"SecurityOptions": UNSET}}, **stopped()) == NOT_COLLECTED


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (None, False),
        (["no-new-privileges"], True),
        (["no-new-privileges=true"], True),
        (["no-new-privileges:true"], True),
        (["no-new-privileges:false"], False),
        (["no-new-privileges=false"], False),
    ],
)
def test_no_new_privileges(options: list[str] | None, wanted: bool) -> None:
    assert fact("NoNewPrivileges", **stopped(HostConfig={"SecurityOpt": options})) is wanted
    truth = {"NoNewPrivs": UNSET}  # kernels before 4.10 do not print it
    assert fact("NoNewPrivileges", HostConfig={"SecurityOpt": options}, Process=truth) is wanted


def test_the_daemon_decides_about_new_privileges_where_the_container_does_not() -> None:
    on = {"Daemon": {"Flags": {"no-new-privileges": True}}}
    assert fact("NoNewPrivileges", engine_keys=on, **stopped()) is True
    own = {"SecurityOpt": ["no-new-privileges:false"]}
    assert fact("NoNewPrivileges", engine_keys=on, **stopped(HostConfig=own)) is False
    assert fact("NoNewPrivileges", Process={"NoNewPrivs": 1}) is True


def test_apparmor() -> None:
    assert fact("AppArmorConfined") is True
    assert fact("AppArmorConfined", Process={"AppArmor": "unconfined"}) is False
    assert fact("AppArmorConfined", Process={"AppArmor": "docker-default (complain)"}) is False
    for label, applied in (("docker-default (complain)", True), ("chrome (unconfined)", False), ("unconfined", False)):
        assert fact("AppArmorApplied", Process={"AppArmor": label}) is applied
    unconfined = {"SecurityOpt": ["apparmor=unconfined"]}
    assert fact("AppArmorConfined", **stopped(HostConfig=unconfined, AppArmorProfile="unconfined")) is False
    assert fact("AppArmorConfined", **stopped(AppArmorProfile="")) is True  # given at start
    none = {"Info": {"SecurityOptions": ["name=seccomp,profile=default"]}}
    assert fact("AppArmorConfined", engine_keys=none) is False


def test_selinux() -> None:
    selinux = {"Info": {"SecurityOptions": ["name=selinux"]}}
    label = "system_u:system_r:container_t:s0:c1,c2"
    enforcing: dict[str, Any] = {"on": host(SELinux="enforcing"), "engine_keys": selinux}
    assert fact("SELinuxConfined", ProcessLabel=label, **enforcing) is True
    assert fact("SELinuxConfined", ProcessLabel="", **enforcing) is False
    assert fact("SELinuxConfined", ProcessLabel="a:b:spc_t:s0", **enforcing) is False
    disabled = {"SecurityOpt": ["label:disable"]}
    assert fact("SELinuxConfined", ProcessLabel=label, HostConfig=disabled, **enforcing) is False
    # no-new-privileges is a security option too, and no label
    assert fact("SELinuxConfined", HostConfig={"SecurityOpt": ["no-new-privileges"]}) is False
    permissive: dict[str, Any] = {"on": host(SELinux="permissive"), "engine_keys": selinux}
    assert fact("SELinuxConfined", ProcessLabel=label, **permissive) is False


def test_user_namespaces() -> None:
    remap = {"Info": {"SecurityOptions": ["name=userns", "name=seccomp,profile=default"]}}
    assert fact("HostUserns", **stopped()) is True  # no remapping: the namespace is the host's
    assert fact("HostUserns", engine_keys=remap, **stopped()) is False
    assert fact("HostUserns", engine_keys=remap, **stopped(HostConfig={"UsernsMode": "host"})) is True
    assert fact("HostUserns", engine_keys=remap, Process={"IdentityUidMap": True}) is True
    rootless = {"Info": {"SecurityOptions": ["name=rootless"]}}
    assert fact("HostUserns", engine_keys=rootless, **stopped()) is False
