"""Where an engine keeps its data: on which file system, and whether that lies on an encrypted device."""

import re
from collections.abc import Iterable, Mapping

from msgspec import UnsetType

from posture.facts.mounts import below, canonical_path
from posture.facts.observed import NOT_COLLECTED, SourceReasons
from posture.facts.values import Unseen
from posture.facts.wire.host import BlockDevice, HostFacts, MountEntry

_REMAPPED = re.compile(r"/[0-9]+\.[0-9]+/?$", re.ASCII)  # the folder of a user namespace, "UID.GID"
# Kinds of device mapper targets of cryptsetup that encrypt; verity and integrity only verify.
_DEEPEST = 256  # devices below one file system
_ENCRYPTS = re.compile(r"CRYPT-(?:LUKS[12]|PLAIN|LOOPAES|TCRYPT|BITLK|FVAULT2|TEMP)")


def data_root(folder: str) -> str:
    """The data root as it was configured: dockerd adds a folder to it for each remapped user namespace."""
    return canonical_path(_REMAPPED.sub("", folder)) if folder.startswith("/") else folder


class Storage:
    """Mounts and block devices of a host."""

    def __init__(self, host: HostFacts, reasons: SourceReasons) -> None:
        self._mounts = reasons.of("host.mounts") if isinstance(host.Mounts, UnsetType) else tuple(host.Mounts)
        self._devices: dict[str, BlockDevice] | Unseen
        if isinstance(host.BlockDevices, UnsetType):
            self._devices = reasons.of("host.devices")
        else:
            self._devices = {device.Device: device for device in host.BlockDevices}

    def own_filesystem(self, folder: str) -> bool | Unseen:
        """Whether a directory is a mount point of another device than / and /var: a bind mount of a directory of
        another device counts, one of the same device does not."""
        if isinstance(self._mounts, Unseen):
            return self._mounts
        above = {mount.Device for mount in self._mounts if mount.MountPoint in ("/", "/var")}
        if not any(mount.MountPoint == "/" for mount in self._mounts):
            return NOT_COLLECTED
        found = [mount.Device for mount in self._mounts if canonical_path(mount.MountPoint) == folder]
        return bool(found) and not above.intersection(found)

    def encrypted(self, folder: str) -> bool | Unseen:
        """Whether a directory's file system lies on an encrypted block device, however many devices are between."""
        if isinstance(self._mounts, Unseen):
            return self._mounts
        holding = [mount for mount in self._mounts if below(folder, canonical_path(mount.MountPoint))]
        longest = max((len(canonical_path(mount.MountPoint)) for mount in holding), default=0)
        nearest = [mount for mount in holding if len(canonical_path(mount.MountPoint)) == longest]
        return every(self._of_mount(mount) for mount in nearest) if nearest else NOT_COLLECTED

    def _of_mount(self, mount: MountEntry) -> bool | Unseen:
        """Network, memory and stacked file systems, and those that manage disks themselves, have no device that is
        known here."""
        return self._devices if isinstance(self._devices, Unseen) else chain_encrypted(self._devices, mount.Device, {})


def chain_encrypted(devices: Mapping[str, BlockDevice], number: str, known: dict[str, bool | Unseen]) -> bool | Unseen:
    """Whether everything written to a device passes a mapping that encrypts. ``known``: what was found so far."""
    if number in known:
        return known[number]
    known[number] = NOT_COLLECTED  # what lies on itself, or deeper than any real stack, is not understood
    device = devices.get(number)
    if device is None or len(known) > _DEEPEST:
        return NOT_COLLECTED
    if isinstance(device.Mapping, str) and _ENCRYPTS.match(device.Mapping):
        known[number] = True
    elif isinstance(device.Parents, UnsetType):
        known[number] = NOT_COLLECTED
    elif device.Parents:
        known[number] = every([chain_encrypted(devices, parent, known) for parent in device.Parents])
    else:  # a mapping that does not say what it is may be one that encrypts
        untold = isinstance(device.Mapping, UnsetType) and device.Name.startswith("dm-")
        known[number] = NOT_COLLECTED if untold else False
    return known[number]


def every(truths: Iterable[bool | Unseen]) -> bool | Unseen:
    """False as soon as one is, else Unseen as soon as one is, else True."""
    found = list(truths)
    if any(truth is False for truth in found):
        return False
    return next((truth for truth in found if isinstance(truth, Unseen)), True)
