"""What can be known of the security options of engines that do not print them: Docker before 1.12.

An option that the kernel lacks or nobody asked for is not there. That the kernel has it does not mean that the engine
was built with it: of AppArmor and seccomp packages of that time often were not, so there the answer stays open.
"""

from msgspec import UnsetType

from posture.facts.observed import NOT_COLLECTED, SourceReasons
from posture.facts.options import Options
from posture.facts.security_options import EngineSecurity
from posture.facts.values import Unseen
from posture.facts.wire.host import HostFacts

Version = tuple[int, ...]
PRINTED_SINCE: Version = (1, 12)
_CONFINING_SINCE: Version = (1, 10)  # seccomp filters and user namespaces came with this version
_SECCOMP = "CONFIG_SECCOMP_FILTER"


def silent_security(version: Version, host: HostFacts, options: Options, reasons: SourceReasons) -> EngineSecurity:
    """Part by part. ``version`` is below PRINTED_SINCE."""
    apparmor = _has_module(host, "apparmor", reasons)
    return EngineSecurity(
        apparmor=NOT_COLLECTED if apparmor is True else apparmor,
        selinux=_both(_has_module(host, "selinux", reasons), options.flag("selinux-enabled", False)),
        userns=False if version < _CONFINING_SINCE else _remap(options),
        rootless=False,
        no_new_privileges=False,
        seccomp=None if version < _CONFINING_SINCE else _seccomp(host, reasons),
    )


def _has_module(host: HostFacts, name: str, reasons: SourceReasons) -> bool | Unseen:
    return reasons.of("host.lsms") if isinstance(host.LSMs, UnsetType) else name in host.LSMs


def _remap(options: Options) -> bool | Unseen:
    """Such an engine does not start where it cannot remap."""
    name = options.text("userns-remap", "")
    return name if isinstance(name, Unseen) else name != ""


def _seccomp(host: HostFacts, reasons: SourceReasons) -> None | Unseen:
    config = host.KernelConfig
    if isinstance(config, UnsetType):
        return reasons.of("host.kernel")
    return None if config.get(_SECCOMP) == "n" else NOT_COLLECTED


def _both(one: bool | Unseen, other: bool | Unseen) -> bool | Unseen:
    if one is False or other is False:
        return False
    return other if one is True else one
