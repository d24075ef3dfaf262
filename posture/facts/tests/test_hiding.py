"""Hiding anything of an image, container, network or swarm leaves a fact as it is, or makes it Unseen: never better."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from posture.facts.normalise import normalise
from posture.facts.tests.builders import container, image, network, snapshot
from posture.facts.tests.test_swarm import MANAGER, SERVICES
from posture.facts.values import Unseen, Value
from posture.facts.wire.snapshot import Snapshot

FACTS: Mapping[str, str] = {
    "image": "Dangling UserRoot Pinned VersionedTag Committed FitsHost Release ReleaseSupportEnd Programs SshServers "
    "SudoPrograms WorldWritable Scanned ScannedAt CriticalVulnerabilities HighVulnerabilities FixableCritical "
    "FixableHigh Bases",
    "container": "ImagePinned StorageSize WritableBytes WritableMounts TmpfsMounts HostTreeMounts SharedNamespaces "
    "Supervisors RootExecs ServiceRestartCondition ServiceRestartMaxAttempts SudoPrograms",
    "network": "DefaultBridge Ingress Members Services Projects Encrypted",
    "swarm": "CANotBefore ControlWildcards SecretsInServices",
}
# What names a thing is not hidden: without it there is no resource, or another one.
NAMES = frozenset(("Name", "Id", "Key", "Kind", "Endpoint", "Path", "Hostname", "LocalNodeState", "Type"))


def worst() -> Snapshot:
    """A snapshot in which every one of these facts has something to tell."""
    labels = {"com.docker.swarm.service.name": "api", "com.docker.stack.namespace": "store"}
    one = container(
        "api.1",
        Config={"Labels": labels},
        HostConfig={"PidMode": "host", "IpcMode": "container:x", "Tmpfs": ["/run"], "StorageOpt": {"size": "1G"}},
        Mounts=[
            {"Type": "bind", "Source": "/sys", "Destination": "/sys", "RW": True, "Propagation": "rprivate"},
            {"Type": "volume", "Name": "data", "Source": "/v", "Destination": "/d", "RW": True},
        ],
        Networks=["shop"],
        RootExecs=1,
        WritableBytes=2**30,
        Process={"Supervisors": ["supervisord"]},
    )
    inside = {
        "SetuidFiles": [{"Path": "/usr/bin/sudo", "Mode": 0o4755}],
        "Programs": ["/usr/sbin/sshd"],
        "WorldWritable": ["/srv"],
        "Scan": {"Critical": 1, "High": 2, "FixableCritical": 1, "FixableHigh": 1},
    }
    history = [{"Instruction": "", "Traits": ["committed"], "Empty": False, "Base": False}, {"Instruction": ""}]
    return snapshot(
        [one, container("web")],
        [image("nginx:1.25", History=history, **inside), image("old:1", RepoTags=[], Architecture="arm64")],
        [network("bridge"), network("shop", Driver="overlay", Options={"encrypted": ""})],
        Info={"Swarm": MANAGER},
        Services=SERVICES,
        Daemon={"Listeners": ["0.0.0.0:2377"]},
    )


def hidings(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything below a node that can be left out."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        if isinstance(node, dict) and key not in NAMES:
            yield (*path, key)
        yield from hidings(value, (*path, key))


def without(plain: Any, path: tuple[Any, ...]) -> Any:
    """A copy without one key."""
    head, *rest = path
    if isinstance(plain, dict):
        copy = dict(plain)
        if rest:
            copy[head] = without(plain[head], tuple(rest))
        else:
            del copy[head]
        return copy
    return [without(item, tuple(rest)) if index == head else item for index, item in enumerate(plain)]


def told(one: Snapshot) -> dict[tuple[str, str], Value]:
    """The facts by resource and name."""
    return {
        (resource.key, name): resource.facts[name]
        for resource in normalise(one).resources
        for name in FACTS.get(resource.kind.value, "").split()
    }


def keys_to_hide() -> list[tuple[Any, ...]]:
    plain = msgspec.to_builtins(worst())
    engine = ("facts", "Engines", 0)
    # Maps of the engine's own words hold no keys of the protocol: one that is not there was not set.
    own = {"Labels", "Options", "StorageOpt", "Flags", "Components", "Environment"}
    paths = [(*engine, *path) for path in hidings(plain["facts"]["Engines"][0])]
    return [path for path in paths if not own & set(path[:-1])]


WORST = worst()


def test_everything_is_told_of_the_worst() -> None:
    assert [key for key, value in told(WORST).items() if isinstance(value, Unseen)] == []


@pytest.mark.parametrize("path", keys_to_hide(), ids=lambda path: ".".join(str(part) for part in path[3:]))
def test_hiding_makes_nothing_better(path: tuple[Any, ...]) -> None:
    try:
        hidden = msgspec.convert(without(msgspec.to_builtins(WORST), path), Snapshot)
    except msgspec.ValidationError:
        return  # the protocol does not let this one be left out
    before, after = told(WORST), told(hidden)
    for key, value in after.items():
        assert isinstance(value, Unseen) or value == before.get(key, value), key
