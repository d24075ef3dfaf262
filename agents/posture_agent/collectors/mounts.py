"""The host's mounts, without those of the kernel and those that engines make for containers."""

from __future__ import annotations

import re

from ..hostfiles import HostFiles
from ..shape import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PSEUDO = words(
    "autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs mqueue nsfs "
    "proc pstore ramfs rpc_pipefs securityfs selinuxfs squashfs sysfs tracefs"
)
# Mounts that come and go with containers and sessions; they say nothing stable about the host.
PASSING = re.compile(
    r"/(?:overlay2?|aufs|devicemapper|btrfs|zfs|vfs)/(?:mnt/)?[0-9a-z-]{24,}|/containers/[0-9a-f]{64}/|/rootfs(?:/|$)"
    r"|^/run/user/|^/run/credentials/|^/var/lib/kubelet/|/overlay-containers/|/merged$"
)
ESCAPE = re.compile(r"\\([0-7]{3})")
MAX_MOUNTS = 512


def collect(files: HostFiles) -> dict[str, list[Any]]:
    """Mounts and Partitions of HostFacts, from the mount namespace of process 1, else from our own."""
    try:
        listing = files.text("/proc/1/mountinfo")
    except OSError:
        listing = files.text("/proc/self/mountinfo")
    listed = parsed(listing)
    entries = [entry for entry in listed if not bound_to_itself(entry, listed)][:MAX_MOUNTS]
    # A partition is a file system of its own on a block device, not a bind mount of a part of one.
    partitions = {e["MountPoint"] for e in entries if not e["Device"].startswith("0:") and e["Root"] == "/"}
    return {"Mounts": entries, "Partitions": sorted(partitions)}


def parsed(listing: str) -> list[dict[str, str]]:
    """Entries of a mountinfo listing (proc(5)) that describe the host itself, sorted by mount point."""
    entries = []
    for line in listing.splitlines():
        own, separator, tail = line.partition(" - ")
        words, rest = own.split(" "), tail.split(" ")
        if not separator or len(words) < 6 or len(rest) < 2:
            continue
        point = unescaped(words[4])
        if rest[0] in PSEUDO or PASSING.search(point):
            continue
        entries.append(
            {
                "MountPoint": point[:4096],
                "Type": rest[0][:256],
                "Source": unescaped(rest[1])[:4096],
                "Root": unescaped(words[3])[:4096],
                "Device": words[2][:256],
                "Options": words[5][:4096],
            }
        )
    return sorted(entries, key=lambda entry: (entry["MountPoint"], entry["Device"], entry["Root"]))


def bound_to_itself(entry: dict[str, str], entries: list[dict[str, str]]) -> bool:
    """Whether a mount shows a directory at its own place, as dockerd does to its data root: that changes nothing."""
    for other in entries:
        if other is entry or other["Device"] != entry["Device"] or len(other["MountPoint"]) >= len(entry["MountPoint"]):
            continue
        root = other["Root"].rstrip("/")
        if entry["Root"].startswith(root + "/"):
            place = other["MountPoint"].rstrip("/") + entry["Root"][len(root) :]
            if place == entry["MountPoint"]:
                return True
    return False


def unescaped(word: str) -> str:
    """Octal escapes of spaces, tabs, newlines and backslashes undone."""
    return ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), word)
