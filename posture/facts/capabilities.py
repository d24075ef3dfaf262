"""Linux capabilities: names in every spelling, the engines' default sets, masks of the kernel."""

import re
from collections.abc import Iterable
from functools import lru_cache

# Numbers are those of include/uapi/linux/capability.h.
NAMES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
    *("LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER"),
    *("SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE"),
    *("SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP"),
    *("MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF"),
    "CHECKPOINT_RESTORE",
)
PODMAN_DEFAULTS = frozenset(
    (
        *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP"),
        *("SETUID", "SYS_CHROOT"),
    )
)
DOCKER_DEFAULTS = PODMAN_DEFAULTS | {"AUDIT_WRITE", "MKNOD", "NET_RAW"}
EVERY = frozenset(NAMES)
ALL = "ALL"
_MASK = re.compile(r"[0-9a-f]{1,16}")


def canonical(name: str) -> str:
    """``cap_net_raw`` and ``NET_RAW`` are NET_RAW; ``all`` is ALL."""
    return name.strip().upper().removeprefix("CAP_")


def canonical_set(names: Iterable[str]) -> frozenset[str]:
    return frozenset(canonical(name) for name in names)


def default_set(kind: str) -> frozenset[str]:
    """What an engine gives to a container that asks for nothing."""
    return PODMAN_DEFAULTS if kind == "podman" else DOCKER_DEFAULTS


def configured(defaults: frozenset[str], added: frozenset[str], dropped: frozenset[str]) -> frozenset[str]:
    """What a container gets: with ALL dropped only what is added, with ALL added everything but what is dropped;
    else a capability that is both dropped and added is added. Source: moby oci/caps/utils.go."""
    if ALL in dropped:
        return EVERY if ALL in added else added
    if ALL in added:
        return EVERY - dropped
    return (defaults - dropped) | added


@lru_cache(maxsize=256)
def from_mask(mask: str) -> frozenset[str] | None:
    """The capabilities of a mask as /proc/PID/status prints it; None when it is none."""
    if not _MASK.fullmatch(mask):
        return None
    bits = int(mask, 16)
    return frozenset(name for number, name in enumerate(NAMES) if bits >> number & 1)


def listed(names: frozenset[str]) -> tuple[str, ...]:
    """Sorted; ALL when nothing is missing."""
    return (ALL,) if ALL in names or names >= EVERY else tuple(sorted(names))
