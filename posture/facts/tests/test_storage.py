"""Where an engine keeps its data, and whether that is encrypted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from posture.facts.normalise import normalise
from posture.facts.observed import NOT_COLLECTED
from posture.facts.storage import chain_encrypted, data_root
from posture.facts.tests.builders import host, snapshot
from posture.facts.tests.defaults import root_mount
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.host import BlockDevice
from posture.facts.wire.snapshot import Source

LUKS = {"Device": "254:0", "Name": "dm-0", "Mapping": "CRYPT-LUKS2", "Parents": ["8:1"]}
LVM = {"Device": "254:1", "Name": "dm-1", "Mapping": "LVM", "Parents": ["254:0"]}
PARTITION = {"Device": "8:1", "Name": "sda1", "Parents": ["8:0"]}
DISK = {"Device": "8:0", "Name": "sda", "Parents": []}
OTHER = {"Device": "8:16", "Name": "sdb", "Parents": []}


def mount(point: str, device: str = "8:16", kind: str = "ext4") -> dict[str, str]:
    return root_mount() | {"MountPoint": point, "Device": device, "Type": kind}


def facts(
    mounts: list[dict[str, str]], devices: Any = (DISK, OTHER), root: str = "/var/lib/docker", **engine: Any
) -> dict[str, Value]:
    machine = host(Mounts=mounts, BlockDevices=list(devices) if devices is not UNSET else UNSET)
    sources = [Source(Name="host.devices", Status="failed", Reason="not_permitted")]
    keys = {"Info": {"DockerRootDir": root}, **engine}
    found = normalise(snapshot(host=machine, sources=sources, **keys)).resources
    values = {**found[0].facts, **next(one for one in found if one.kind == "daemon").facts}
    return {name: values[name] for name in ("DataRoot", "DataRootOwnFilesystem", "DataRootEncrypted", "RootEncrypted")}


@pytest.mark.parametrize(
    ("mounts", "own"),
    [
        ([], False),
        ([mount("/var/lib/docker")], True),
        ([mount("/var/lib/docker", "8:0")], False),  # a bind mount of the root's own file system
        ([mount("/var")], False),
        ([mount("/var"), mount("/var/lib/docker")], False),  # a bind mount of /var's own file system
        ([mount("/var"), mount("/var/lib/docker", "8:32")], True),
        ([mount("/var/lib/docker"), mount("/var/lib/docker", "8:0")], False),
        ([mount("/var/lib")], False),
        ([mount("/var/lib/docker2")], False),
        ([mount("/var/lib/docker", "0:40", "btrfs")], True),
    ],
)
def test_a_file_system_of_its_own(mounts: list[dict[str, str]], own: bool) -> None:
    for root in ("/var/lib/docker", "/var/lib/docker/100000.100000", "/var/lib/docker/"):
        found = facts([root_mount(), *mounts], root=root)
        assert (found["DataRoot"], found["DataRootOwnFilesystem"]) == ("/var/lib/docker", own)


def test_a_rootless_data_root() -> None:
    root = "/home/anne/.local/share/docker"
    assert facts([root_mount(), mount("/home")], root=root)["DataRootOwnFilesystem"] is False
    assert facts([root_mount(), mount(root)], root=root)["DataRootOwnFilesystem"] is True
    assert data_root("C:\\docker") == "C:\\docker"


def test_what_is_not_seen_is_not_guessed() -> None:
    assert facts([mount("/var/lib/docker")])["DataRootOwnFilesystem"] == NOT_COLLECTED  # no / in sight
    assert facts([root_mount()], UNSET)["DataRootEncrypted"] == Unseen(Reason.NOT_PERMITTED)
    no_info = facts([root_mount()], Info=UNSET)
    assert no_info["DataRoot"] == no_info["DataRootEncrypted"] == NOT_COLLECTED
    far = facts([root_mount()], Endpoint="tcp://192.0.2.7:2376")
    assert far["DataRootOwnFilesystem"] == far["DataRootEncrypted"] == NOT_COLLECTED
    assert facts([root_mount()], Endpoint="tcp://127.0.0.1:2376")["DataRootOwnFilesystem"] is False


@pytest.mark.parametrize(
    ("devices", "encrypted"),
    [
        ([LVM, LUKS, PARTITION, DISK], True),
        ([LVM], NOT_COLLECTED),
        ([LVM | {"Parents": ["8:1"]}, PARTITION, DISK], False),
        ([LVM | {"Parents": ["254:0", "8:16"]}, LUKS, PARTITION, DISK, OTHER], False),  # half of it in the clear
        ([LVM | {"Parents": ["254:0", "8:99"]}, LUKS, PARTITION, DISK], NOT_COLLECTED),
        ([{"Device": "254:1", "Name": "dm-1", "Parents": []}], NOT_COLLECTED),  # a mapping that tells no kind
        ([LVM | {"Mapping": "CRYPT-VERITY", "Parents": ["8:0"]}, DISK], False),
        ([LVM | {"Mapping": "CRYPT-PLAIN", "Parents": ["8:0"]}, DISK], True),
        ([{"Device": "254:1", "Name": "loop0"}], NOT_COLLECTED),
        ([LVM | {"Parents": ["254:1"]}], NOT_COLLECTED),  # it lies on itself
    ],
)
def test_encryption_anywhere_below(devices: list[dict[str, Any]], encrypted: bool | Unseen) -> None:
    mounts = [mount("/", "254:1"), mount("/srv", "8:16")]
    found = facts(mounts, devices)
    assert found["RootEncrypted"] == found["DataRootEncrypted"] == encrypted
    if OTHER in devices:
        assert facts(mounts, devices, root="/srv/docker")["DataRootEncrypted"] is False


@pytest.mark.parametrize("kind", ["zfs", "overlay", "nfs4", "tmpfs", "btrfs"])
def test_file_systems_without_a_device(kind: str) -> None:
    assert facts([mount("/", "0:33", kind)])["RootEncrypted"] == NOT_COLLECTED


def test_a_btrfs_pool_is_encrypted_when_all_its_devices_are() -> None:
    pool = {"Device": "0:33", "Name": "btrfs", "Parents": ["254:0", "8:16"]}
    devices = [pool, LUKS, PARTITION, DISK, OTHER]
    assert facts([mount("/", "0:33", "btrfs")], devices)["RootEncrypted"] is False
    alone = [pool | {"Parents": ["254:0"]}, LUKS]
    assert facts([mount("/", "0:33", "btrfs")], alone)["RootEncrypted"] is True


def test_a_stack_without_end_is_not_understood() -> None:
    devices = {str(n): BlockDevice(Device=str(n), Name="x", Parents=[str(n + 1)]) for n in range(5000)}
    assert chain_encrypted(devices, "0", {}) == NOT_COLLECTED


NUMBERS = st.sampled_from(("8:0", "8:1", "254:0", "254:1"))
DEVICES = st.dictionaries(
    NUMBERS,
    st.builds(
        BlockDevice,
        Device=st.just(""),
        Name=st.sampled_from(("sda", "dm-0")),
        Mapping=st.sampled_from((UNSET, "LVM", "CRYPT-LUKS1", "CRYPT-VERITY")),
        Parents=st.one_of(st.just(UNSET), st.lists(NUMBERS, max_size=2)),
    ),
)


@given(DEVICES, NUMBERS, NUMBERS)
def test_less_is_never_more_encrypted(devices: dict[str, BlockDevice], number: str, hidden: str) -> None:
    if chain_encrypted(devices, number, {}) is not True:
        fewer = {name: device for name, device in devices.items() if name != hidden}
        assert chain_encrypted(fewer, number, {}) is not True
        if hidden in devices:
            for key in ("Mapping", "Parents"):
                one = BlockDevice(**{"Device": "", "Name": devices[hidden].Name, key: getattr(devices[hidden], key)})
                assert chain_encrypted({**devices, hidden: one}, number, {}) is not True
