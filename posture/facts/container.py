"""Facts of one container."""

from collections.abc import Mapping

from msgspec import UnsetType

from posture.facts import capabilities
from posture.facts.addresses import is_elsewhere
from posture.facts.confinement import (
    Confined,
    added_capabilities,
    apparmor_applied,
    apparmor_confined,
    apparmor_profile,
    confined,
    dropped_capabilities,
    gains_no_privileges,
    held_capabilities,
    seccomp_builtin,
    seccomp_unconfined,
    selinux_confined,
    shares_user_namespace,
)
from posture.facts.devices import host_devices, overrides, widest_permissions
from posture.facts.engine import EngineState, since
from posture.facts.image import checks_health, created_moment, has_healthcheck, image_sudo_programs
from posture.facts.limits import limit_facts
from posture.facts.mounts import (
    engine_sockets,
    hidden,
    host_tree_mounts,
    is_bind,
    leads_anywhere,
    sensitive_mounts,
    shared_mounts,
    tmpfs_mounts,
    writable_mounts,
)
from posture.facts.namespaces import namespace_mode, shared_namespaces
from posture.facts.observed import ABSENT, FAILED, NOT_COLLECTED, seen, seen_or
from posture.facts.ports import Published, automatic, published, untold
from posture.facts.swarm import service_facts
from posture.facts.user import is_root
from posture.facts.values import Unseen, Value
from posture.facts.wire.container import Container, ContainerConfig, ContainerHostConfig, MainProcess, Restart

_RUNNING = frozenset(("running", "paused", "restarting"))
_STOPPED = frozenset(("created", "exited", "dead", "removing"))
_TCP = frozenset(("tcp", "http", "https"))
_SHORTEST_ID = 4  # characters of an image's id that a person would type
_SIZES = ("overlay2.size=", "dm.basesize=")  # what the daemon gives to every container
_NO_HOST_PORTS = ("host", "container:")  # network modes in which bindings are ignored


def container_facts(container: Container, state: EngineState) -> dict[str, Value]:
    """Every fact of the vocabulary about this container."""
    config = ContainerConfig() if isinstance(container.Config, UnsetType) else container.Config
    host = ContainerHostConfig() if isinstance(container.HostConfig, UnsetType) else container.HostConfig
    running = is_running(container)
    one = confined(container, running, state)
    return {
        "Running": running,
        "Status": NOT_COLLECTED if isinstance(container.State, UnsetType) else container.State.Status,
        **_settings(host, state),
        **limit_facts(host, state),
        **_confinement(one),
        **_user(config, one),
        **_mounts(container, host, state),
        **_devices(host, state),
        **_ports(container, config, host, running),
        **_networks(container, host, state),
        **_health(container, config, state),
        **_origin(container, config, state),
        **_found_processes(one),
        "PrivilegedExecs": seen(container.PrivilegedExecs),
        "RootExecs": seen(container.RootExecs),
        "SharedNamespaces": shared_namespaces(host),
        "WritableBytes": seen(container.WritableBytes),
        "StorageSize": _storage_size(host, state),
        "EngineOverTcp": _over_tcp(container, config),
    }


def is_running(container: Container) -> bool | Unseen:
    """Whether it has processes; Unseen in a state that we do not know."""
    if isinstance(container.State, UnsetType):
        return NOT_COLLECTED
    if container.State.Status in _RUNNING:
        return True
    return False if container.State.Status in _STOPPED else FAILED


def _settings(host: ContainerHostConfig, state: EngineState) -> Mapping[str, Value]:
    restart = Restart() if isinstance(host.RestartPolicy, UnsetType) else host.RestartPolicy
    name = seen(restart.Name)
    return {
        "HostConfig.Privileged": seen(host.Privileged),
        "HostConfig.PublishAllPorts": seen(host.PublishAllPorts),
        "HostConfig.ReadonlyRootfs": seen(host.ReadonlyRootfs),
        "HostConfig.NetworkMode": seen(host.NetworkMode),
        "HostConfig.PidMode": namespace_mode(host.PidMode),
        "HostConfig.IpcMode": namespace_mode(host.IpcMode),
        "HostConfig.UTSMode": namespace_mode(host.UTSMode),
        "HostConfig.UsernsMode": since(host.UsernsMode, "", state, 1, 11),
        "HostConfig.CgroupParent": seen(host.CgroupParent),
        "HostConfig.RestartPolicy.Name": name or "no",
        "HostConfig.RestartPolicy.MaximumRetryCount": seen(restart.MaximumRetryCount),
        "HostConfig.LogConfig.Type": (
            NOT_COLLECTED if isinstance(host.LogConfig, UnsetType) else seen(host.LogConfig.Type)
        ),
    }


def _confinement(one: Confined) -> Mapping[str, Value]:
    held = held_capabilities(one)
    return {
        "AppArmorApplied": apparmor_applied(one),
        "AppArmorConfined": apparmor_confined(one),
        "AppArmorProfile": apparmor_profile(one),
        "SELinuxConfined": selinux_confined(one),
        "AddedCapabilities": added_capabilities(one),
        "DroppedCapabilities": dropped_capabilities(one),
        "Capabilities": held if isinstance(held, Unseen) else capabilities.listed(held),
        "NetRaw": held if isinstance(held, Unseen) else "NET_RAW" in held,
        "SeccompBuiltin": seccomp_builtin(one),
        "SeccompUnconfined": seccomp_unconfined(one),
        "NoNewPrivileges": gains_no_privileges(one),
        "HostUserns": shares_user_namespace(one),
    }


def _user(config: ContainerConfig, one: Confined) -> Mapping[str, Value]:
    user = seen(config.User)
    configured = user if isinstance(user, Unseen) else is_root(user)
    process = one.process
    uid: int | Unseen = ABSENT
    root: bool | Unseen = configured
    if isinstance(process, Unseen):
        uid = root = process
    elif process is not None:
        uid = seen(process.Uid)
        root = _root_process(process)
    return {"Config.User": user, "ConfiguredRoot": configured, "RootProcess": root, "ProcessUid": uid}


def _root_process(process: MainProcess) -> bool | Unseen:
    if not isinstance(process.ContainerUid, UnsetType):
        return process.ContainerUid == 0
    if isinstance(process.Uid, UnsetType):
        return NOT_COLLECTED
    if process.IdentityUidMap is True:
        return process.Uid == 0
    # a uid that its own map does not know is nobody inside
    return True if process.Uid == 0 else (False if process.IdentityUidMap is False else NOT_COLLECTED)


_MOUNTS = (
    *("SensitiveMounts", "EngineSockets", "SharedMounts", "HasMounts"),
    *("HostTreeMounts", "WritableMounts", "TmpfsMounts"),
)


def _mounts(container: Container, host: ContainerHostConfig, state: EngineState) -> Mapping[str, Value]:
    mounts = container.Mounts
    if isinstance(mounts, UnsetType):
        return dict.fromkeys(_MOUNTS, NOT_COLLECTED)
    mounts = mounts or []
    sensitive = sensitive_mounts(mounts, state.sensitive)
    sockets = engine_sockets(mounts, state.sockets)
    shared = shared_mounts(mounts)
    nameless = hidden(mounts, "Source")
    placeless = any(isinstance(mount.Destination, UnsetType) for mount in mounts)
    unplaced = nameless or placeless
    binds = any(is_bind(mount) for mount in mounts)
    silent = hidden(mounts, "Propagation") and not state.before(1, 10)
    # Nobody looked where the links of another machine lead: what seems harmless may be anything.
    unresolved = NOT_COLLECTED if is_elsewhere(state.engine.Endpoint) and leads_anywhere(mounts) else None
    trees = host_tree_mounts(mounts)
    return {
        "SensitiveMounts": (
            NOT_COLLECTED if nameless else sensitive or (binds and state.more_sensitive) or unresolved or ()
        ),
        "EngineSockets": NOT_COLLECTED if nameless else sockets or (binds and state.more_sockets) or unresolved or (),
        "SharedMounts": NOT_COLLECTED if silent else shared,
        "HasMounts": bool(mounts),
        "HostTreeMounts": NOT_COLLECTED if unplaced else trees or unresolved or (),
        "WritableMounts": NOT_COLLECTED if unplaced or hidden(mounts, "RW") else writable_mounts(mounts),
        "TmpfsMounts": (
            NOT_COLLECTED if placeless or isinstance(host.Tmpfs, UnsetType) else tmpfs_mounts(mounts, host.Tmpfs or ())
        ),
    }


def _devices(host: ContainerHostConfig, state: EngineState) -> Mapping[str, Value]:
    devices = seen_or(host.Devices, [])
    requests = since(host.DeviceRequests, [], state, 19, 3)
    rules = since(host.DeviceCgroupRules, [], state, 17, 4)
    limits = seen_or(host.Ulimits, [])
    if state.kind == "podman":  # its answers know neither requests nor, before 4.0, rules
        requests = [] if isinstance(requests, Unseen) else requests
        rules = [] if isinstance(rules, Unseen) else rules
    return {
        "HostDevices": host_devices(devices, requests, rules),
        "WidestDevicePermissions": devices if isinstance(devices, Unseen) else widest_permissions(devices),
        "Ulimits": (
            limits if isinstance(limits, Unseen) else overrides(limits, state.options.table("default-ulimits"))
        ),
    }


def _ports(
    container: Container, config: ContainerConfig, host: ContainerHostConfig, running: bool | Unseen
) -> Mapping[str, Value]:
    ports = _published(container, config, host, running)
    names = ("PublishedPorts", "PrivilegedPorts", "PrivilegedHostPorts", "WildcardPorts", "PublishedHostPorts")
    if isinstance(ports, Unseen):
        return dict.fromkeys(names, ports)
    low = tuple(port for port in ports if port.privileged)
    return {
        "PublishedPorts": tuple(str(port) for port in ports),
        "PrivilegedPorts": tuple(str(port) for port in low),
        "PrivilegedHostPorts": tuple(sorted({port.host() for port in low})),
        "WildcardPorts": tuple(str(port) for port in ports if port.wildcard),
        "PublishedHostPorts": tuple(sorted({port.host() for port in ports})),
    }


def _published(
    container: Container, config: ContainerConfig, host: ContainerHostConfig, running: bool | Unseen
) -> tuple[Published, ...] | Unseen:
    """Of a running container what is published now, of another what will be at its next start.

    Between two restarts the engine publishes nothing: that is a pause and no change.
    """
    if isinstance(running, Unseen):
        return running
    if running and (isinstance(container.State, UnsetType) or container.State.Status != "restarting"):
        if isinstance(container.Ports, UnsetType) or untold(container.Ports or {}):
            return NOT_COLLECTED
        return published(container.Ports or {})
    if isinstance(host.NetworkMode, str) and host.NetworkMode.startswith(_NO_HOST_PORTS):
        return ()
    if isinstance(host.PortBindings, UnsetType) or untold(host.PortBindings or {}):
        return NOT_COLLECTED
    ports = published(host.PortBindings or {})
    if host.PublishAllPorts is False:
        return ports
    if isinstance(host.PublishAllPorts, UnsetType) or isinstance(config.ExposedPorts, UnsetType):
        return NOT_COLLECTED
    return ports + automatic(config.ExposedPorts, ports)


def _networks(container: Container, host: ContainerHostConfig, state: EngineState) -> Mapping[str, Value]:
    networks = seen(container.Networks)
    return {
        "Networks": networks if isinstance(networks, Unseen) else tuple(networks),
        "OnDefaultBridge": _on_default_bridge(networks, host, state),
    }


def _on_default_bridge(networks: list[str] | Unseen, host: ContainerHostConfig, state: EngineState) -> bool | Unseen:
    bridge = state.default_bridge()
    if bridge is None:
        return False
    asked = isinstance(host.NetworkMode, str) and host.NetworkMode in ("default", "bridge")
    if isinstance(bridge, Unseen) or isinstance(networks, Unseen):
        known = not isinstance(networks, Unseen) and "bridge" in networks
        return True if asked or known else (bridge if isinstance(bridge, Unseen) else NOT_COLLECTED)
    return bridge.Name in networks or (asked and not networks)


_ENDED = frozenset({"created", "exited", "dead", "removing"})


def _health(container: Container, config: ContainerConfig, state: EngineState) -> Mapping[str, Value]:
    """The engine calls the health of a container that has ended unhealthy: that is no reading, so it counts as none."""
    health: Value = NOT_COLLECTED
    if not isinstance(container.State, UnsetType):
        health = "none" if container.State.Status in _ENDED else seen(container.State.Health)
    return {"Healthcheck": _has_healthcheck(container, config, state), "Health": health}


def _has_healthcheck(container: Container, config: ContainerConfig, state: EngineState) -> bool | Unseen:
    """Engines write the image's check into the container; only an empty test leaves it to the image."""
    check = config.Healthcheck
    if isinstance(check, UnsetType):
        return False if state.before(1, 12) else NOT_COLLECTED
    if check is None or check.Kind:
        return check is not None and checks_health(check.Kind)
    image = state.images_by_id.get(container.Image) if isinstance(container.Image, str) else None
    return NOT_COLLECTED if image is None else has_healthcheck(image)


def _origin(container: Container, config: ContainerConfig, state: EngineState) -> Mapping[str, Value]:
    labels = seen(config.Labels)
    image = state.images_by_id.get(container.Image) if isinstance(container.Image, str) else None
    facts: dict[str, Value] = {
        "Config.Image": seen(config.Image),
        "ImageCreated": NOT_COLLECTED if image is None else created_moment(image),
        "ImagePinned": _image_pinned(container, config),
        "SudoPrograms": NOT_COLLECTED if image is None else image_sudo_programs(image),
        **service_facts(labels, state),
    }
    if isinstance(labels, Unseen):
        return facts | dict.fromkeys(("SwarmTask", "ComposeProject", "ComposeService"), labels)
    return facts | {
        "SwarmTask": "com.docker.swarm.task.name" in labels or "com.docker.swarm.service.name" in labels,
        "ComposeProject": labels.get("com.docker.compose.project", ""),
        "ComposeService": labels.get("com.docker.compose.service", ""),
    }


def _image_pinned(container: Container, config: ContainerConfig) -> bool | Unseen:
    """Named by digest, or by the image's own id (a beginning of it is enough for engines)."""
    name = seen(config.Image)
    if isinstance(name, Unseen) or "@sha256:" in name or name.startswith("sha256:"):
        return name if isinstance(name, Unseen) else True
    if not isinstance(container.Image, str):
        return NOT_COLLECTED
    return len(name) >= _SHORTEST_ID and container.Image.removeprefix("sha256:").startswith(name)


def _storage_size(host: ContainerHostConfig, state: EngineState) -> str | Unseen:
    """Of the container, else what the daemon gives to all."""
    own = seen_or(host.StorageOpt, {})
    if isinstance(own, Unseen) or own.get("size"):
        return own if isinstance(own, Unseen) else own["size"]
    options = state.options.texts("storage-opts")
    if isinstance(options, Unseen):
        return options
    return next((text.partition("=")[2] for text in options if text.startswith(_SIZES)), "")


def _found_processes(one: Confined) -> Mapping[str, Value]:
    """SSH servers and supervisors; a container that does not run has none to see."""
    unseen = one.process if isinstance(one.process, Unseen) else ABSENT
    if not isinstance(one.process, MainProcess):
        return {"SshServers": unseen, "Supervisors": unseen}
    servers, supervisors = seen(one.process.SshServers), seen(one.process.Supervisors)
    return {
        "SshServers": servers if isinstance(servers, Unseen) else tuple(servers),
        "Supervisors": supervisors if isinstance(supervisors, Unseen) else tuple(supervisors),
    }


def _over_tcp(container: Container, config: ContainerConfig) -> Value:
    if isinstance(container.Config, UnsetType):
        return NOT_COLLECTED
    return isinstance(config.DockerHost, str) and config.DockerHost.lower() in _TCP
