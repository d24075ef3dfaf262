"""Facts of the host and the context that rules on an engine's resources may read."""

from collections.abc import Mapping

from msgspec import UnsetType

from posture.facts.accounts import account_facts
from posture.facts.confinement import engine_no_new_privileges
from posture.facts.daemon import data_root_facts, logging_driver, seccomp_profile
from posture.facts.engine import EngineState
from posture.facts.kernel import kernel_missing, unprivileged_userns
from posture.facts.lifecycles import os_support_end
from posture.facts.observed import NOT_COLLECTED, SourceReasons, seen
from posture.facts.quota import storage_quota
from posture.facts.sockets import listener_facts
from posture.facts.storage import Storage
from posture.facts.swarm import swarm_state
from posture.facts.values import Unseen, Value
from posture.facts.versions import parse_version
from posture.facts.wire.host import HostFacts
from posture.facts.wire.snapshot import Facts

_TRUE = frozenset(("1", "t", "true"))  # as Go's strconv.ParseBool reads them
_PIDS_SINCE = (4, 3)  # the pids cgroup came with this kernel


def host_facts(facts: Facts, reasons: SourceReasons) -> dict[str, Value]:
    """Every fact of the vocabulary about the host."""
    host = facts.Host
    environment = host.Environment
    trust: Value = reasons.of("host.environment")
    if not isinstance(environment, UnsetType):
        trust = environment.get("DOCKER_CONTENT_TRUST", "").lower() in _TRUE
    return {
        "Kernel": seen(host.Kernel),
        "OsId": seen(host.OsId),
        "OsVersion": seen(host.OsVersion),
        "Architecture": seen(host.Architecture),
        "ContentTrust": trust,
        **account_facts(host, reasons),
        "UnprivilegedUserns": unprivileged_userns(host, reasons),
        **listener_facts(facts, reasons),
        "KernelBuilt": seen(host.KernelBuilt, reasons.of("host.releases")),
        "KernelMissing": kernel_missing(host, reasons),
        "OsSupportEnd": _support_end(host),
        "RootEncrypted": Storage(host, reasons).encrypted("/"),
    }


def _support_end(host: HostFacts) -> Value:
    """From our table; from os-release itself for a release that the table does not know."""
    if not isinstance(host.OsId, str):
        return NOT_COLLECTED
    end = os_support_end(host.OsId, host.OsVersion if isinstance(host.OsVersion, str) else "")
    if isinstance(end, str) or not isinstance(host.OsVersion, str):
        return end
    return seen(host.OsSupportEnd, end)


def host_context(host: HostFacts) -> dict[str, Value]:
    """What rules on files and the host may read beside them."""
    return {
        "host.Kernel": seen(host.Kernel),
        "host.Architecture": seen(host.Architecture),
        "host.OsId": seen(host.OsId),
    }


def engine_context(state: EngineState, storage: Storage) -> Mapping[str, Value]:
    """What rules on an engine's resources may read beside them."""
    bridge = state.default_bridge()
    profile = seccomp_profile(state)
    return {
        "engine.Kind": state.kind,
        "engine.ServerVersion": state.printed_version,
        "engine.Rootless": state.rootless(),
        "engine.UsernsRemap": state.remapped(),
        "engine.AppArmor": state.security.apparmor,
        "engine.SELinux": state.security.selinux,
        "engine.SeccompSupported": profile if isinstance(profile, Unseen) else profile != "",
        "engine.SeccompUnconfined": profile if isinstance(profile, Unseen) else profile == "unconfined",
        "engine.NoNewPrivileges": engine_no_new_privileges(state),
        "engine.MemoryLimit": seen(state.info.MemoryLimit, state.no_info),
        "engine.PidsLimit": _pids_limit(state),
        "engine.CPUShares": seen(state.info.CPUShares, state.no_info),
        "engine.CPUCfsQuota": seen(state.info.CpuCfsQuota, state.no_info),
        "engine.StorageQuota": storage_quota(state),
        "engine.DefaultBridge": bridge if isinstance(bridge, Unseen) else bridge is not None,
        "engine.LoggingDriver": logging_driver(state),
        "engine.SwapLimit": seen(state.info.SwapLimit, state.no_info),
        "engine.Driver": seen(state.info.Driver, state.no_info),
        "engine.SwarmActive": swarm_state(state)["SwarmActive"],
        "engine.DataRootOwnFilesystem": data_root_facts(state, storage)["DataRootOwnFilesystem"],
        "engine.MemTotal": seen(state.info.MemTotal, state.no_info),
        **host_context(state.host),
    }


def _pids_limit(state: EngineState) -> bool | Unseen:
    """Engines before 19.03 do not print it: the kernel decides, since they drop a limit that they cannot set."""
    if not isinstance(state.info.PidsLimit, UnsetType):
        return state.info.PidsLimit
    kernel = state.host.Kernel if isinstance(state.host.Kernel, str) else state.info.KernelVersion
    version = parse_version(kernel) if isinstance(kernel, str) else None
    if version is None:
        return NOT_COLLECTED
    return False if version < _PIDS_SINCE else (True if state.before(19, 3) else NOT_COLLECTED)
