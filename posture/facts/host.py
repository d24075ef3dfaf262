"""Facts of the host, its files and the context that rules on an engine's resources may read."""

from collections.abc import Mapping

from msgspec import UnsetType

from posture.facts.confinement import engine_no_new_privileges
from posture.facts.daemon import logging_driver, seccomp_profile
from posture.facts.engine import EngineState
from posture.facts.observed import NOT_COLLECTED, SourceReasons, of_error, seen
from posture.facts.quota import storage_quota
from posture.facts.snapshot import File, HostFacts
from posture.facts.swarm import swarm_state
from posture.facts.values import Unseen, Value
from posture.facts.versions import parse_version

_TRUE = frozenset(("1", "t", "true"))  # as Go's strconv.ParseBool reads them
_PIDS_SINCE = (4, 3)  # the pids cgroup came with this kernel


def host_facts(host: HostFacts, reasons: SourceReasons) -> dict[str, Value]:
    """Every fact of the vocabulary about the host."""
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
    }


def file_facts(file: File) -> dict[str, Value]:
    """Owner and mode of one file."""
    unseen = of_error(file.Error)
    return {
        "Path": file.Path,
        "Purpose": file.Purpose,
        "Kind": seen(file.Kind, unseen),
        "Uid": seen(file.Uid, unseen),
        "Gid": seen(file.Gid, unseen),
        "Group": seen(file.Group, unseen),
        "Mode": seen(file.Mode, unseen),
    }


def host_context(host: HostFacts) -> dict[str, Value]:
    """What rules on files and the host may read beside them."""
    return {
        "host.Kernel": seen(host.Kernel),
        "host.Architecture": seen(host.Architecture),
        "host.OsId": seen(host.OsId),
    }


def engine_context(state: EngineState) -> Mapping[str, Value]:
    """What rules on an engine's resources may read beside them."""
    version = state.engine.Version
    bridge = state.default_bridge()
    profile = seccomp_profile(state)
    printed = version.Version if not isinstance(version, UnsetType) else state.info.ServerVersion
    return {
        "engine.Kind": state.kind,
        "engine.ServerVersion": seen(printed, state.no_info),
        "engine.Rootless": state.rootless(),
        "engine.UsernsRemap": state.remapped(),
        "engine.AppArmor": state.security if isinstance(state.security, Unseen) else state.security.apparmor,
        "engine.SELinux": state.security if isinstance(state.security, Unseen) else state.security.selinux,
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
        "engine.SwarmActive": swarm_state(state)["SwarmActive"],
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
