"""Words that no engine or kernel says are no readings: nothing follows from them, least of all that all is well."""

from typing import Any

import pytest

from posture.facts.capabilities import from_mask
from posture.facts.kernel import unprivileged_userns
from posture.facts.normalise import normalise
from posture.facts.observed import FAILED, SourceReasons
from posture.facts.ports import Published
from posture.facts.tests.builders import container, facts, host, image, snapshot
from posture.facts.tests.one_fact import NOT_COLLECTED, fact, stopped
from posture.facts.values import Value

NONSENSE = ("x", " ", "\u202ehost", "\u0000", "A" * 200)


@pytest.mark.parametrize("word", NONSENSE)
@pytest.mark.parametrize("mode", ["PidMode", "IpcMode", "UTSMode"])
def test_modes_of_namespaces(mode: str, word: str) -> None:
    asked: dict[str, Any] = stopped(HostConfig={mode: word})
    assert fact(f"HostConfig.{mode}", **asked) == FAILED
    assert fact("SharedNamespaces", **asked) == FAILED


@pytest.mark.parametrize("word", NONSENSE)
def test_a_user_namespace(word: str) -> None:
    assert fact("HostUserns", **stopped(HostConfig={"UsernsMode": word})) == FAILED


@pytest.mark.parametrize(("shares", "wanted"), [(-1, FAILED), (-(2**63), FAILED), (0, 0), (2, 2)])
def test_shares(shares: int, wanted: Value) -> None:
    assert fact("HostConfig.CpuShares", HostConfig={"CpuShares": shares}) == wanted


@pytest.mark.parametrize(("cores", "wanted"), [(word, FAILED) for word in NONSENSE] + [("0-3,8", "0-3,8"), ("", "")])
def test_cores(cores: str, wanted: Value) -> None:
    assert fact("HostConfig.CpusetCpus", HostConfig={"CpusetCpus": cores}) == wanted


@pytest.mark.parametrize("kind", NONSENSE)
def test_health_checks(kind: str) -> None:
    assert fact("Healthcheck", Config={"Healthcheck": {"Kind": kind}}) == FAILED
    found = normalise(snapshot([], [image(Healthcheck={"Kind": kind})])).resources
    assert next(one for one in found if one.kind == "image").facts["Healthcheck"] == FAILED


@pytest.mark.parametrize(
    ("changed", "sensitive", "shared"),
    [
        ({"Type": "x", "Source": "/etc"}, ("/etc:/data:rw",), ()),
        ({"Source": "etc"}, NOT_COLLECTED, ()),
        ({"Source": ""}, NOT_COLLECTED, ()),
        ({"Propagation": "x"}, (), NOT_COLLECTED),
        ({"Type": "tmpfs", "Source": ""}, (), ()),
    ],
)
def test_mounts(changed: dict[str, Any], sensitive: Value, shared: Value) -> None:
    mount = {"Type": "bind", "Source": "/srv", "Destination": "/data", "RW": True, "Propagation": "rprivate"}
    assert fact("SensitiveMounts", Mounts=[{**mount, **changed}]) == sensitive
    assert fact("SharedMounts", Mounts=[{**mount, **changed}]) == shared


@pytest.mark.parametrize("source", ["etc", " ", "\u0000"])
def test_who_writes_what_is_no_path(source: str) -> None:
    mount = {"Type": "bind", "Source": source, "Destination": "/data", "RW": True}
    found = normalise(snapshot([container("a", Mounts=[mount]), container("b", Mounts=[mount])])).resources
    assert next(one for one in found if one.kind == "daemon").facts["VolumesWrittenByMany"] == NOT_COLLECTED


@pytest.mark.parametrize("address", [*NONSENSE, "", "0.0.0.0", "::"])
def test_what_is_no_address_is_bound_to_none(address: str) -> None:
    assert Published(address, 80, 80, "80/tcp").wildcard
    assert not Published("192.0.2.1", 80, 80, "80/tcp").wildcard


@pytest.mark.parametrize("mask", ["0x1F", "1_0", " 1", "-1", "1" * 17, "", "g"])
def test_masks(mask: str) -> None:
    assert from_mask(mask) is None
    assert from_mask("0000000000000001") == frozenset({"CHOWN"})


@pytest.mark.parametrize("instruction", NONSENSE)
def test_instructions(instruction: str) -> None:
    layers = [{"Instruction": word, "Empty": False, "Base": False, "Traits": []} for word in (instruction, "RUN")]
    found = normalise(snapshot([], [image(History=layers)])).resources
    assert next(one for one in found if one.kind == "image").facts["AddInstructions"] == NOT_COLLECTED


@pytest.mark.parametrize("word", NONSENSE)
def test_settings_of_the_kernel(word: str) -> None:
    settings = {"kernel.unprivileged_userns_clone": "", "user.max_user_namespaces": ""}
    restricted = {**settings, "kernel.apparmor_restrict_unprivileged_userns": word}
    absent = {**settings, "kernel.apparmor_restrict_unprivileged_userns": ""}
    reasons = SourceReasons(facts())
    assert unprivileged_userns(host(Sysctls=restricted, KernelConfig={"CONFIG_USER_NS": "y"}), reasons) == FAILED
    assert unprivileged_userns(host(Sysctls=absent, KernelConfig={"CONFIG_USER_NS": word}), reasons) == FAILED
