"""How a container was created, as far as its facts say: what ``docker run`` would need to make it again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import UNSET, UnsetType

from posture.facts.wire.container import (
    Container,
    ContainerConfig,
    ContainerHostConfig,
    Device,
    DeviceRequest,
    Restart,
    Ulimit,
)
from posture.remediation.mounts import Mount, read_mounts
from posture.remediation.ports import Port, exposed, published

T = TypeVar("T")

DEFAULT_SHM = 64 * 1024 * 1024  # bytes
LABEL_DISABLED = frozenset(("label=disable", "label:disable"))
_DEFAULT_BRIDGE = frozenset(("", "default", "bridge"))
_DEFAULT_RUNTIMES = frozenset(("", "runc", "io.containerd.runc.v2", "crun", "oci"))


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Options of ``docker run`` in its own terms. Empty, 0 and False mean "not given"; sizes are bytes."""

    name: str
    image: str
    user: str = ""
    network: str = ""
    more_networks: tuple[str, ...] = ()
    new_network: bool = False  # ``network`` has to be made first
    pid: str = ""
    ipc: str = ""
    uts: str = ""
    userns: str = ""
    cgroupns: str = ""
    cgroup_parent: str = ""
    privileged: bool = False
    publish_all: bool = False
    read_only: bool = False
    remove: bool = False
    oom_kill_disable: bool = False
    init: bool = False
    capabilities_added: tuple[str, ...] = ()
    capabilities_dropped: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    memory: int = 0
    memory_swap: int = 0
    memory_reservation: int = 0
    cpu_shares: int = 0
    nano_cpus: int = 0
    cpu_quota: int = 0
    cpu_period: int = 0
    cpuset: str = ""
    pids_limit: int = 0
    shm_size: int = 0
    devices: tuple[str, ...] = ()
    device_rules: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    ulimits: tuple[str, ...] = ()
    restart: str = ""
    always_restarted: bool = False  # as it was: a fix does not change it
    ports: tuple[Port, ...] = ()
    exposed: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    tmpfs: tuple[str, ...] = ()
    runtime: str = ""
    storage: tuple[str, ...] = ()
    log_driver: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)  # the few that reach us: compose, swarm
    health_command: str = ""  # only one that a fix adds: the container's own is carried over on the host


def given(value: T | None | UnsetType, default: T) -> T:
    return default if value is None or value is UNSET else value


def read_blueprint(container: Container) -> Blueprint:
    """The blueprint of a container as it stands."""
    host = given(container.HostConfig, ContainerHostConfig())
    config = given(container.Config, ContainerConfig())
    network, more = _networks(given(host.NetworkMode, ""), given(container.Networks, []))
    restart = _restart(given(host.RestartPolicy, Restart()))
    ports = published(given(host.PortBindings, {}))
    if not ports and given(host.PublishAllPorts, False):
        ports = tuple(Port(port.inside, port.address, "") for port in published(given(container.Ports, {})))
    return Blueprint(
        name=container.Name,
        image=given(config.Image, "") or given(container.Image, ""),
        user=given(config.User, ""),
        network=network,
        more_networks=more,
        pid=given(host.PidMode, ""),
        ipc=_unless(given(host.IpcMode, ""), ("private",)),
        uts=given(host.UTSMode, ""),
        userns=given(host.UsernsMode, ""),
        # "host" is what engines on cgroup v1 store by default; asked for or not, leaving it out is never weaker.
        cgroupns=_unless(given(host.CgroupnsMode, ""), ("host",)),
        cgroup_parent=given(host.CgroupParent, ""),
        privileged=given(host.Privileged, False),
        publish_all=given(host.PublishAllPorts, False),
        read_only=given(host.ReadonlyRootfs, False),
        remove=given(host.AutoRemove, False),
        oom_kill_disable=given(host.OomKillDisable, False),
        init=given(host.Init, False),
        capabilities_added=tuple(given(host.CapAdd, [])),
        capabilities_dropped=tuple(given(host.CapDrop, [])),
        security=_security(host),
        groups=tuple(given(host.GroupAdd, [])),
        memory=given(host.Memory, 0),
        memory_swap=given(host.MemorySwap, 0),
        memory_reservation=given(host.MemoryReservation, 0),
        cpu_shares=given(host.CpuShares, 0),
        nano_cpus=given(host.NanoCpus, 0),
        cpu_quota=given(host.CpuQuota, 0),
        cpu_period=given(host.CpuPeriod, 0),
        cpuset=given(host.CpusetCpus, ""),
        pids_limit=given(host.PidsLimit, 0),
        shm_size=_unless(given(host.ShmSize, 0), (DEFAULT_SHM,)),
        devices=tuple(map(_device, given(host.Devices, []))),
        device_rules=tuple(given(host.DeviceCgroupRules, [])),
        gpus=tuple(map(_gpu, given(host.DeviceRequests, []))),
        ulimits=tuple(map(_ulimit, given(host.Ulimits, []))),
        restart=restart,
        always_restarted=restart == "always",
        ports=ports,
        exposed=exposed(given(config.ExposedPorts, [])),
        mounts=read_mounts(given(container.Mounts, [])),
        tmpfs=tuple(given(host.Tmpfs, [])),
        runtime="" if given(host.Runtime, "") in _DEFAULT_RUNTIMES else given(host.Runtime, ""),
        storage=tuple(f"{name}={value}" for name, value in sorted(given(host.StorageOpt, {}).items())),
        labels=given(config.Labels, {}),
        log_driver=given(host.LogConfig.Type, "") if host.LogConfig is not UNSET else "",
    )


def _unless(value: T, defaults: Iterable[T]) -> T:
    """The value, or its empty form when the engine would choose it anyway."""
    return type(value)() if value in defaults else value


def _security(host: ContainerHostConfig) -> tuple[str, ...]:
    """The options somebody asked for. Engines add label=disable by themselves beside the host's pid or ipc namespace
    and privileges; an inline seccomp profile is not known here."""
    implied = given(host.Privileged, False) or "host" in (given(host.PidMode, ""), given(host.IpcMode, ""))
    return tuple(
        option
        for option in given(host.SecurityOpt, [])
        if not option.startswith("seccomp=inline:") and not (implied and option in LABEL_DISABLED)
    )


def _networks(mode: str, attached: list[str]) -> tuple[str, tuple[str, ...]]:
    """The network of ``docker run`` and those to connect afterwards. A container moved off the default bridge while
    it ran still has the old mode: what it is attached to counts."""
    if mode in _DEFAULT_BRIDGE:
        others = tuple(name for name in attached if name not in _DEFAULT_BRIDGE)
        if "bridge" in attached or not others:
            return "", others
        return others[0], others[1:]
    if mode in ("host", "none") or mode.startswith("container:"):
        return mode, ()
    return mode, tuple(name for name in attached if name != mode)


def _device(device: Device) -> str:
    outside = given(device.PathOnHost, "")
    return f"{outside}:{given(device.PathInContainer, '') or outside}:{given(device.CgroupPermissions, '') or 'rwm'}"


def _gpu(request: DeviceRequest) -> str:
    identities = given(request.DeviceIDs, [])
    if identities:
        return '"device=' + ",".join(identities) + '"'
    count = given(request.Count, -1)
    return "all" if count < 0 else str(count)


def _ulimit(limit: Ulimit) -> str:
    return f"{limit.Name}={given(limit.Soft, 0)}:{given(limit.Hard, 0)}"


def _restart(policy: Restart) -> str:
    name = given(policy.Name, "")
    if name in ("", "no"):
        return ""
    tries = given(policy.MaximumRetryCount, 0)
    return f"{name}:{tries}" if name == "on-failure" and tries > 0 else name
