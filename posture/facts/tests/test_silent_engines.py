"""What is known of the confinement that engines offer which print no security options: Docker before 1.12."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.normalise import normalise
from posture.facts.observed import NOT_COLLECTED
from posture.facts.tests.builders import container, host, snapshot
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.snapshot import Source

DENIED = Unseen(Reason.NOT_PERMITTED)
SOURCES = [Source(Name=f"host.{name}", Status="failed", Reason="not_permitted") for name in ("kernel", "lsms")]
NO_FLAGS = {"Flags": UNSET, "FlagsError": "not_permitted"}
AVAILABLE = ("engine.AppArmor", "engine.SELinux", "engine.UsernsRemap", "engine.Rootless", "engine.SeccompSupported")
CONFINED = ("AppArmorConfined", "SELinuxConfined", "SeccompUnconfined", "SeccompBuiltin", "HostUserns")


def told(
    version: str = "1.11.1",
    *,
    flags: Mapping[str, Any] | None = None,
    daemon: Mapping[str, Any] | None = None,
    process: Mapping[str, Any] | None = None,
    running: bool = True,
    **keys: Any,
) -> dict[str, Value]:
    """The context of an engine of this version, and what is said of its one container. ``keys`` are the host's."""
    one = container(
        "web",
        running=running,
        AppArmorProfile="",
        HostConfig={"UsernsMode": ""},
        Process={"Seccomp": UNSET, "AppArmor": UNSET, "IdentityUidMap": UNSET, **(process or {})} if running else None,
    )
    found = normalise(
        snapshot(
            [one],
            host=host(**{"LSMs": [], "KernelConfig": {"CONFIG_SECCOMP_FILTER": "n"}, **keys}),
            sources=SOURCES,
            Version={"Version": version} if version else UNSET,
            Info={"SecurityOptions": UNSET, "ServerVersion": version or UNSET},
            Daemon={"Flags": flags or {}, **(daemon or {})},
        )
    )
    facts = next(each.facts for each in found.resources if each.kind == "container")
    return {**found.context["docker"], **{name: facts[name] for name in CONFINED}}


def test_what_neither_kernel_nor_command_line_has_is_not_there() -> None:
    found = told()
    assert {name: found[name] for name in AVAILABLE} == dict.fromkeys(AVAILABLE, False)
    assert (found["AppArmorConfined"], found["SELinuxConfined"]) == (False, False)
    assert (found["SeccompUnconfined"], found["HostUserns"]) == (True, True)


@pytest.mark.parametrize("version", ["1.12", "1.12.0-rc1", "20.10.24", ""])
def test_of_other_engines_silence_says_nothing(version: str) -> None:
    found = told(version)
    assert found["engine.AppArmor"] == found["engine.SELinux"] == found["engine.SeccompSupported"] == NOT_COLLECTED


@pytest.mark.parametrize(("modules", "wanted"), [([], False), (["yama"], False), (["apparmor"], NOT_COLLECTED)])
def test_apparmor_of_the_kernel_may_not_be_the_engines(modules: list[str], wanted: object) -> None:
    assert told(LSMs=modules)["engine.AppArmor"] == wanted


def test_a_process_says_more_than_the_engine() -> None:
    seen = told(LSMs=["apparmor"], process={"AppArmor": "docker-default (enforce)"})
    assert seen["AppArmorConfined"] is True
    assert told(LSMs=["apparmor"], process={"AppArmor": "unconfined"})["AppArmorConfined"] is False
    assert told(LSMs=["apparmor"], running=False)["AppArmorConfined"] == NOT_COLLECTED


@pytest.mark.parametrize(
    ("modules", "daemon", "wanted"),
    [
        (["selinux"], {"Flags": {"selinux-enabled": True}}, True),
        (["selinux"], {"File": {"selinux-enabled": True}}, True),
        (["selinux"], {}, False),
        (["apparmor"], {"Flags": {"selinux-enabled": True}}, False),
        (["apparmor"], NO_FLAGS, False),
        (["selinux"], NO_FLAGS, DENIED),
        (UNSET, {}, False),
        (UNSET, {"Flags": {"selinux-enabled": True}}, DENIED),
    ],
)
def test_selinux_needs_the_kernel_and_the_option(modules: Any, daemon: Mapping[str, Any], wanted: object) -> None:
    assert told(LSMs=modules, daemon=daemon)["engine.SELinux"] == wanted


@pytest.mark.parametrize(
    ("version", "daemon", "wanted"),
    [
        ("1.11.1", {"Flags": {"userns-remap": "default"}}, True),
        ("1.11.1", {}, False),
        ("1.11.1", NO_FLAGS, DENIED),
        ("1.9.1", NO_FLAGS, False),  # the option came with 1.10
    ],
)
def test_users_are_remapped_where_the_option_says_so(version: str, daemon: Mapping[str, Any], wanted: object) -> None:
    found = told(version, daemon=daemon)
    assert found["engine.UsernsRemap"] == wanted
    assert found["HostUserns"] == (wanted if isinstance(wanted, Unseen) else not wanted)


@pytest.mark.parametrize(
    ("version", "config", "supported", "unconfined"),
    [
        ("1.11.1", {"CONFIG_SECCOMP_FILTER": "n"}, False, True),
        ("1.11.1", {"CONFIG_SECCOMP_FILTER": "y"}, NOT_COLLECTED, NOT_COLLECTED),  # packages were built without it
        ("1.10.3", {}, NOT_COLLECTED, NOT_COLLECTED),
        ("1.10.3", UNSET, DENIED, DENIED),
        ("1.9.1", {"CONFIG_SECCOMP_FILTER": "y"}, False, True),
        ("1.9.1", UNSET, False, True),
    ],
)
def test_seccomp_needs_the_kernel_and_docker_1_10(
    version: str, config: Any, supported: object, unconfined: object
) -> None:
    found = told(version, KernelConfig=config)
    assert (found["engine.SeccompSupported"], found["SeccompUnconfined"]) == (supported, unconfined)


def test_a_filter_that_is_on_is_the_engines_own() -> None:
    filtered = told(KernelConfig={"CONFIG_SECCOMP_FILTER": "y"}, process={"Seccomp": 2})
    assert (filtered["SeccompUnconfined"], filtered["SeccompBuiltin"]) == (False, True)
    bare = told(KernelConfig={"CONFIG_SECCOMP_FILTER": "y"}, process={"Seccomp": 0})
    assert (bare["SeccompUnconfined"], bare["SeccompBuiltin"]) == (True, False)
    later = told("17.03.2", process={"Seccomp": 2})  # its daemon may have a profile of its own
    assert later["SeccompUnconfined"] == later["SeccompBuiltin"] == NOT_COLLECTED


FULL: dict[str, Any] = {
    "version": "1.11.1",
    "daemon": {"Flags": {"selinux-enabled": True, "userns-remap": "default"}},
    "process": {"Seccomp": 2},
    "LSMs": ["selinux"],
    "KernelConfig": {"CONFIG_SECCOMP_FILTER": "y"},
}
BARE: dict[str, Any] = {**FULL, "daemon": {}, "process": {"Seccomp": 0}, "LSMs": []}
HIDDEN: dict[str, Any] = {"version": "", "daemon": NO_FLAGS, "process": {}, "LSMs": UNSET, "KernelConfig": UNSET}


@pytest.mark.parametrize("seen", [FULL, BARE], ids=["full", "bare"])
def test_hiding_leaves_each_fact_as_it_is_or_unseen(seen: dict[str, Any]) -> None:
    before = told(**seen)
    for count in range(1, len(HIDDEN) + 1):
        for names in combinations(HIDDEN, count):
            after = told(**{**seen, **{name: HIDDEN[name] for name in names}})
            for name in (*AVAILABLE, *CONFINED):
                assert isinstance(after[name], Unseen) or after[name] == before[name], (names, name)
