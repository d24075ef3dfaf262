"""What the kernel offers to confinement, and what it lets ordinary users do."""

from collections.abc import Mapping

from msgspec import UnsetType

from posture.facts.observed import FAILED, NOT_COLLECTED, SourceReasons
from posture.facts.values import Unseen, Value
from posture.facts.wire.host import HostFacts

# Options that confinement of containers needs; of those in one row any one is enough.
_NEEDED = (
    *(("NAMESPACES",), ("UTS_NS",), ("IPC_NS",), ("PID_NS",), ("NET_NS",), ("USER_NS",)),
    *(("CGROUPS",), ("MEMCG",), ("CGROUP_PIDS",), ("CPUSETS",), ("CGROUP_SCHED",), ("CFS_BANDWIDTH",)),
    ("CGROUP_DEVICE", "CGROUP_BPF"),  # device rules of the first and second generation of control groups
    *(("SECCOMP",), ("SECCOMP_FILTER",), ("SECURITY_APPARMOR", "SECURITY_SELINUX")),
    *(("BRIDGE_NETFILTER",), ("KEYS",), ("AUDIT",), ("AUDITSYSCALL",)),
)
_CLONE = "kernel.unprivileged_userns_clone"
_MAXIMUM = "user.max_user_namespaces"
_APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
_RESTRICTS = ("1", "2")
_ABSENT = ""  # how the agent says that this kernel has no such setting


def kernel_missing(host: HostFacts, reasons: SourceReasons) -> Value:
    """Options that confinement needs and this kernel lacks; of alternatives all, when it has none of them."""
    config = host.KernelConfig
    if isinstance(config, UnsetType):
        return reasons.of("host.kernel")
    missing: list[str] = []
    for names in _NEEDED:
        options = [f"CONFIG_{name}" for name in names]
        has = [_is_built(config, option) for option in options]
        if True in has:
            continue
        if any(isinstance(one, Unseen) for one in has):
            return NOT_COLLECTED
        missing += options
    return tuple(sorted(missing))


def _is_built(config: Mapping[str, str], option: str) -> bool | Unseen:
    value = config.get(option)
    if value is None:
        return NOT_COLLECTED
    return value in ("y", "m") if value in ("y", "m", "n") else FAILED


def unprivileged_userns(host: HostFacts, reasons: SourceReasons) -> Value:
    """Whether ordinary users may create user namespaces: no setting forbids it, and all settings were seen.

    Kernels before 4.9 have none of the three settings: there the kernel's configuration decides.
    """
    settings = host.Sysctls
    user_ns: bool | Unseen = NOT_COLLECTED
    if not isinstance(host.KernelConfig, UnsetType):
        user_ns = _is_built(host.KernelConfig, "CONFIG_USER_NS")
    if isinstance(settings, UnsetType):
        return False if user_ns is False else reasons.of("host.sysctls")
    if user_ns is False or settings.get(_CLONE) == "0" or settings.get(_MAXIMUM) == "0":
        return False
    restricted = settings.get(_APPARMOR)
    if restricted in _RESTRICTS:
        return False
    if restricted not in (None, _ABSENT, "0"):
        return FAILED
    if None in (settings.get(_CLONE), settings.get(_MAXIMUM), restricted):
        return NOT_COLLECTED
    return user_ns if settings[_MAXIMUM] == _ABSENT else True
