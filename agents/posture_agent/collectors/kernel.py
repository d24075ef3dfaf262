"""How the running kernel was configured, as far as confinement of containers needs it."""

from __future__ import annotations

import zlib

from ..hostfiles import MAX_BYTES, HostFiles
from ..reading import ABSENT, NOT_PERMITTED, SOURCE_FAILED, Unreadable
from ..shape import words

OPTIONS = words(
    "AUDIT AUDITSYSCALL BPF_SYSCALL BRIDGE BRIDGE_NETFILTER CFS_BANDWIDTH CGROUPS CGROUP_BPF CGROUP_DEVICE "
    "CGROUP_FREEZER CGROUP_PIDS CGROUP_SCHED CPUSETS FAIR_GROUP_SCHED IPC_NS KEYS MEMCG NAMESPACES NET_NS OVERLAY_FS "
    "PID_NS SECCOMP SECCOMP_FILTER SECURITY SECURITY_APPARMOR SECURITY_SELINUX SECURITY_YAMA USER_NS UTS_NS VETH"
)
GZIP = 31  # window bits that make zlib read gzip; the gzip module costs memory
PLACES = ("/proc/config.gz", "/boot/config-%s", "/lib/modules/%s/config", "/lib/modules/%s/build/.config")


def collect(files: HostFiles) -> dict[str, str]:
    """Each listed option with ``y``, ``m`` or ``n`` (not set, or unknown to this kernel). Raises Unreadable."""
    release = files.word("/proc/sys/kernel/osrelease") or files.system().release
    denied = False
    for place in PLACES:
        path = place % release if "%" in place else place
        try:
            return chosen(content(files, path))
        except PermissionError:
            denied = True
        except OSError:
            continue
    if denied:
        raise Unreadable(NOT_PERMITTED, "Only root may read this kernel's configuration.")
    raise Unreadable(ABSENT, "This host keeps no configuration of its kernel.")


def content(files: HostFiles, path: str) -> str:
    """The text of a configuration, packed or not. Raises OSError."""
    if not path.endswith(".gz"):
        return files.text(path)
    try:
        unpacker = zlib.decompressobj(GZIP)
        text = unpacker.decompress(files.data(path), MAX_BYTES)
        if not unpacker.eof and len(text) < MAX_BYTES:
            raise zlib.error("cut short")
        return text.decode("utf-8", "replace")
    except zlib.error:
        raise Unreadable(SOURCE_FAILED, "The kernel's configuration is damaged.") from None


def chosen(text: str) -> dict[str, str]:
    """The listed options of a configuration."""
    set_ = dict(line.split("=", 1) for line in text.splitlines() if line.startswith("CONFIG_") and "=" in line)
    if not set_:
        raise Unreadable(SOURCE_FAILED, "The kernel's configuration holds no option.")
    values = {"CONFIG_" + name: set_.get("CONFIG_" + name, "n").strip() for name in OPTIONS}
    return {name: value for name, value in values.items() if value in ("y", "m", "n")}
