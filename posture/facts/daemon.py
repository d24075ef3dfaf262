"""Facts of an engine's daemon."""

from collections.abc import Mapping

from msgspec import UnsetType

from posture.facts.addresses import is_elsewhere, is_loopback
from posture.facts.confinement import engine_no_new_privileges
from posture.facts.container import is_running
from posture.facts.engine import EngineState
from posture.facts.lifecycles import engine_support_end
from posture.facts.listeners import Listeners, daemon_listeners
from posture.facts.logs import local_log_containers, logs_leave_host
from posture.facts.observed import NOT_COLLECTED, of_error, seen, seen_or
from posture.facts.podman import podman_listeners
from posture.facts.storage import Storage, data_root
from posture.facts.swarm import swarm_state
from posture.facts.values import Unseen, Value
from posture.facts.volumes import volumes_written_by_many

_TLS_FILES = ("tlscacert", "tlscert", "tlskey")
_PRINTED_BUILTIN = ("", "default", "builtin")


def daemon_facts(state: EngineState, storage: Storage) -> dict[str, Value]:
    """Every fact of the vocabulary about this daemon."""
    options = state.options
    debug = options.flag("debug", False)
    debug = True if state.info.Debug is True else debug
    return {
        "Rootless": state.rootless(),
        **_bridge(state),
        "LogLevel": "debug" if debug is True else options.text("log-level", "info"),
        "Debug": debug,
        "Iptables": options.flag("iptables", True),
        "InsecureRegistries": _insecure_registries(state),
        "Driver": seen(state.info.Driver, state.no_info),
        **_listeners(state),
        **_ulimits(state),
        "UsernsRemap": state.remapped(),
        "CgroupParent": options.text("cgroup-parent", ""),
        "BaseDeviceSize": _base_device_size(state),
        "AuthorizationPlugins": _plugins(state),
        "LoggingDriver": logging_driver(state),
        "LogsLeaveHost": logs_leave_host(logging_driver(state), options),
        "LocalLogContainers": local_log_containers(state.containers),
        "NoNewPrivileges": engine_no_new_privileges(state),
        "LiveRestoreEnabled": _live_restore(state),
        **swarm_state(state),
        "UserlandProxy": options.flag("userland-proxy", True),
        **_seccomp(state),
        "Experimental": _experimental(state),
        "SettingSources": options.sources(),
        **_counts(state),
        **data_root_facts(state, storage),
        "SupportEnd": _support_end(state),
        "LegacyRegistry": _legacy_registry(state),
        "DefaultBindAddress": options.text("ip", "0.0.0.0"),  # noqa: S104 - naming dockerd's default, not binding
        "VolumesWrittenByMany": volumes_written_by_many(state.containers),
    }


def data_root_facts(state: EngineState, storage: Storage) -> dict[str, Value]:
    """An engine on another machine has its data on file systems that nobody looked at."""
    folder = seen(state.info.DockerRootDir, state.no_info)
    if isinstance(folder, Unseen):
        return {"DataRoot": folder, "DataRootOwnFilesystem": folder, "DataRootEncrypted": folder}
    root = data_root(folder)
    endpoint = state.engine.Endpoint
    if is_elsewhere(endpoint):
        return {"DataRoot": root, "DataRootOwnFilesystem": NOT_COLLECTED, "DataRootEncrypted": NOT_COLLECTED}
    return {
        "DataRoot": root,
        "DataRootOwnFilesystem": storage.own_filesystem(root),
        "DataRootEncrypted": storage.encrypted(root),
    }


def _support_end(state: EngineState) -> Value:
    printed = state.printed_version
    return printed if isinstance(printed, Unseen) else engine_support_end(state.kind, printed)


def _legacy_registry(state: EngineState) -> Value:
    """Version 1 of the registry's protocol: Docker 17.06 switched it off, 17.12 took it out. Podman never had it."""
    if state.kind == "podman":
        return False
    if state.version is None:
        return state.no_info
    if not state.before(17, 12):
        return False
    disabled = state.options.flag("disable-legacy-registry", not state.before(17, 6))
    return disabled if isinstance(disabled, Unseen) else not disabled


def logging_driver(state: EngineState) -> str | Unseen:
    driver = state.info.LoggingDriver
    return state.options.text("log-driver", "json-file") if isinstance(driver, UnsetType) else driver


def seccomp_profile(state: EngineState) -> str | Unseen:
    """builtin, unconfined, custom, or empty without seccomp. Engines before 23 print "default" for builtin."""
    profile = state.security.seccomp
    if isinstance(profile, Unseen):
        return profile
    if profile is None:
        return ""
    if profile == "unconfined":
        return profile
    return "builtin" if profile in _PRINTED_BUILTIN or state.kind == "podman" else "custom"


def _seccomp(state: EngineState) -> Mapping[str, Value]:
    profile = seccomp_profile(state)
    action: Value = NOT_COLLECTED
    daemon = state.engine.Daemon
    if isinstance(profile, Unseen):
        action = profile
    elif profile == "custom":
        if not isinstance(daemon, UnsetType) and not isinstance(daemon.SeccompProfile, UnsetType):
            action = seen(daemon.SeccompProfile.DefaultAction, of_error(daemon.SeccompProfile.Error))
    else:
        action = "SCMP_ACT_ERRNO" if profile == "builtin" else "SCMP_ACT_ALLOW"
    return {"SeccompProfile": profile, "SeccompDefaultAction": action}


def _bridge(state: EngineState) -> Mapping[str, Value]:
    bridge = state.default_bridge()
    if isinstance(bridge, Unseen):
        return {"DefaultBridge": bridge, "DefaultBridgeIcc": bridge}
    if bridge is None:
        return {"DefaultBridge": False, "DefaultBridgeIcc": False}
    if isinstance(bridge.Options, UnsetType):
        return {"DefaultBridge": True, "DefaultBridgeIcc": state.options.flag("icc", True)}
    icc = (bridge.Options or {}).get("com.docker.network.bridge.enable_icc", "true")
    return {"DefaultBridge": True, "DefaultBridgeIcc": icc.lower() not in ("false", "0", "f")}


def _insecure_registries(state: EngineState) -> Value:
    ranges = seen_or(state.info.InsecureRegistryCIDRs, [], state.no_info)
    if isinstance(ranges, Unseen):
        return NOT_COLLECTED if state.kind == "podman" else ranges
    names = [] if isinstance(state.info.InsecureIndexes, UnsetType) else state.info.InsecureIndexes
    found = tuple(sorted({name for name in (*ranges, *names) if not is_loopback(name)}))
    # Podman answers with empty lists whatever its registries.conf says: silence proves nothing.
    return NOT_COLLECTED if state.kind == "podman" and not found else found


def _listeners(state: EngineState) -> Mapping[str, Value]:
    if state.kind == "podman":
        return podman_listeners(state)
    warnings = [] if isinstance(state.info.Warnings, UnsetType) else state.info.Warnings or []
    swarm = swarm_state(state)["SwarmActive"] is not False
    found = daemon_listeners(state.engine.Daemon, state.options, warnings, swarm=swarm, unseen=state.no_daemon)
    listeners: Value = found.endpoints if found.complete or found.endpoints else found.unseen
    return {"TcpListeners": listeners, "UnprotectedTcpListeners": _unprotected(found, state)}


def _unprotected(found: Listeners, state: EngineState) -> Value:
    """``tls`` alone encrypts for anybody: only tlsverify with its three files asks who is there."""
    if not found.endpoints:
        return () if found.complete else found.unseen
    verify = state.options.flag("tlsverify", False)
    files = [state.options.text(name, "") for name in _TLS_FILES]
    if verify is False or "" in files:
        return found.endpoints
    for part in (verify, *files):
        if isinstance(part, Unseen):
            return found.open or part
    return found.open if found.complete or found.open else found.unseen


def _ulimits(state: EngineState) -> Mapping[str, Value]:
    table = state.options.table("default-ulimits")
    if isinstance(table, Unseen):
        return {"DefaultUlimits": table, "DefaultUlimitRecords": table}
    records = []
    for name in sorted(table):
        value = table[name]
        if isinstance(value, dict):
            records.append({"Name": name, "Soft": value.get("Soft"), "Hard": value.get("Hard")})
    return {"DefaultUlimits": tuple(sorted(table)), "DefaultUlimitRecords": tuple(records)}


def _base_device_size(state: EngineState) -> Value:
    options = state.options.texts("storage-opts")
    if isinstance(options, Unseen):
        return options
    return next((text.partition("=")[2] for text in options if text.startswith("dm.basesize=")), "")


def _plugins(state: EngineState) -> Value:
    plugins = seen_or(state.info.AuthorizationPlugins, [], state.no_info)
    if isinstance(plugins, Unseen):
        return state.options.texts("authorization-plugins")
    return tuple(plugins)


def _live_restore(state: EngineState) -> Value:
    enabled = state.info.LiveRestoreEnabled
    if isinstance(enabled, UnsetType):
        return False if state.before(1, 12) else state.options.flag("live-restore", False)
    return enabled


def _experimental(state: EngineState) -> Value:
    version = state.engine.Version
    said = [state.info.ExperimentalBuild, version.Experimental if not isinstance(version, UnsetType) else version]
    if True in said:
        return True
    return False if False in said else state.options.flag("experimental", False)


def used_images(state: EngineState) -> frozenset[str] | Unseen:
    """Ids of the images that containers use; Unseen as soon as one container does not say."""
    if isinstance(state.containers, Unseen):
        return state.containers
    used = {container.Image for container in state.containers}
    hidden = next((container for container in state.containers if not isinstance(container.Image, str)), None)
    if hidden is not None:
        return of_error(hidden.Error)
    return frozenset(image for image in used if isinstance(image, str))


def _counts(state: EngineState) -> Mapping[str, Value]:
    used = used_images(state)
    unused: Value = used if isinstance(used, Unseen) else NOT_COLLECTED
    dangling = unused
    if isinstance(state.images, Unseen):
        unused = dangling = state.images
    elif not isinstance(used, Unseen):
        idle = [image for image in state.images if image.Id not in used]
        unused = len(idle)
        untold = any(isinstance(image.RepoTags, UnsetType) for image in idle)
        dangling = NOT_COLLECTED if untold else sum(1 for image in idle if not image.RepoTags)
    return {
        "UnusedImages": unused,
        "DanglingImages": dangling,
        "StoppedContainers": _stopped(state),
        "ImageCount": state.images if isinstance(state.images, Unseen) else len(state.images),
    }


def _stopped(state: EngineState) -> Value:
    if isinstance(state.containers, Unseen):
        return state.containers
    running = [is_running(container) for container in state.containers]
    unseen = next((one for one in running if isinstance(one, Unseen)), None)
    return unseen if unseen is not None else running.count(False)
