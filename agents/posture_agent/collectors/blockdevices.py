"""The block devices below the host's file systems, from /sys: what lies on what, and which mapping encrypts."""

from __future__ import annotations

import os
import stat

from ..hostfiles import HostFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

NUMBERS = "/sys/dev/block"
MAX_DEVICES = 4096


def collect(files: HostFiles, mounts: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """A BlockDevice for each device below the given mounts, down to disks, sorted by number. Raises OSError.

    btrfs has numbers of its own for its file systems: such a number is a device that lies on the pool's devices.
    """
    files.names(NUMBERS)
    devices: dict[str, dict[str, Any]] = {}
    pending = []
    for mount in mounts:
        number = mount["Device"]
        if not number.startswith("0:"):
            pending.append(number)
        elif mount["Type"] == "btrfs" and number not in devices:
            members = pool(files, mount["Source"])
            devices[number] = dict({"Device": number, "Name": "btrfs"}, **({"Parents": members} if members else {}))
            pending += members
    while pending and len(devices) < MAX_DEVICES:
        number = pending.pop()
        if number not in devices and files.exists("%s/%s" % (NUMBERS, number)):
            devices[number] = described(files, number)
            pending += [parent for parent in devices[number].get("Parents", []) if not parent.startswith("0:")]
    return [devices[number] for number in sorted(devices)]


def described(files: HostFiles, number: str) -> dict[str, Any]:
    """One device. Without ``Parents`` it is not known what it lies on; a disk has an empty list."""
    folder = files.resolved("%s/%s" % (NUMBERS, number))
    device: dict[str, Any] = {"Device": number, "Name": os.path.basename(folder)[:256]}
    mapping = kind_of(files.word(folder + "/dm/uuid") or "")
    if mapping:
        device["Mapping"] = mapping
    parents = parents_of(files, folder)
    if parents is not None:
        device["Parents"] = parents
    return device


def kind_of(uuid: str) -> str:
    """``CRYPT-LUKS2`` of ``CRYPT-LUKS2-0123…-name``, ``LVM`` of ``LVM-abc…``: what made a device mapper target."""
    words = uuid.split("-")
    return "-".join(words[:2] if words[0] == "CRYPT" else words[:1])[:256]


def parents_of(files: HostFiles, folder: str) -> list[str] | None:
    """Numbers of the devices that a device lies on: of a partition its disk, of a loop device its file's device."""
    if files.exists(folder + "/partition"):
        return numbers(files, [os.path.dirname(folder)])
    backing = files.word(folder + "/loop/backing_file")
    if backing:
        return device_of_file(files, backing)
    try:
        names = files.names(folder + "/slaves")
    except FileNotFoundError:
        return []
    except OSError:
        return None
    return numbers(files, ["%s/slaves/%s" % (folder, name) for name in names])


def numbers(files: HostFiles, folders: list[str]) -> list[str] | None:
    """major:minor of devices; None when one of them does not tell."""
    found = [files.word(folder + "/dev") for folder in folders]
    return sorted(filter(None, found)) if all(found) else None


def device_of_file(files: HostFiles, path: str) -> list[str] | None:
    """The device that a loop device's file is on; None when the file is deleted, or out of sight."""
    try:
        number = files.stat(path).st_dev
    except OSError:
        return None
    return ["%d:%d" % (os.major(number), os.minor(number))]


def pool(files: HostFiles, source: str) -> list[str]:
    """Numbers of all devices of the btrfs pool that ``source`` belongs to; empty when they cannot be told."""
    try:
        status = files.stat(source)
        if not stat.S_ISBLK(status.st_mode):
            return []
        own = "%d:%d" % (os.major(status.st_rdev), os.minor(status.st_rdev))
        identifiers = files.names("/sys/fs/btrfs")
    except OSError:
        return []
    for identifier in identifiers:
        folder = "/sys/fs/btrfs/%s/devices" % identifier
        if files.exists(folder):
            members = numbers(files, ["%s/%s" % (folder, name) for name in files.names(folder)]) or []
            if own in members:
                return members
    return []
