"""Containers as an engine tells of them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from posture.facts.wire.fact import Fact, Mark, ReadError
from posture.facts.wire.values import Integer, Natural, Short, Text, TextMap, Texts


class Restart(Fact):
    Name: Short | UnsetType = UNSET
    MaximumRetryCount: Integer | UnsetType = UNSET


class Device(Fact):
    PathOnHost: Text | UnsetType = UNSET
    PathInContainer: Text | UnsetType = UNSET
    CgroupPermissions: Short | UnsetType = UNSET


class DeviceRequest(Fact):
    Driver: Short | UnsetType = UNSET
    Count: Integer | UnsetType = UNSET
    DeviceIDs: Texts | None | UnsetType = UNSET


class Ulimit(Fact):
    Name: Short
    Soft: Integer | UnsetType = UNSET
    Hard: Integer | UnsetType = UNSET


class Logging(Fact):
    Type: Short | UnsetType = UNSET
    Options: Texts | UnsetType = UNSET  # names of the log options only; their values stay on the host


class PortBinding(Fact):
    HostIp: Short | UnsetType = UNSET
    HostPort: Short | UnsetType = UNSET


PortMap = Annotated[dict[Short, list[PortBinding] | None], Meta(max_length=4096)]


class ContainerHostConfig(Fact):
    """HostConfig of a container inspect: the keys a rule or a fix text needs."""

    NetworkMode: Short | UnsetType = UNSET
    PidMode: Short | UnsetType = UNSET
    IpcMode: Short | UnsetType = UNSET
    UTSMode: Short | UnsetType = UNSET
    UsernsMode: Short | UnsetType = UNSET
    CgroupnsMode: Short | UnsetType = UNSET
    CgroupParent: Text | UnsetType = UNSET
    Privileged: bool | UnsetType = UNSET
    PublishAllPorts: bool | UnsetType = UNSET
    ReadonlyRootfs: bool | UnsetType = UNSET
    AutoRemove: bool | UnsetType = UNSET
    CapAdd: Texts | None | UnsetType = UNSET
    CapDrop: Texts | None | UnsetType = UNSET
    SecurityOpt: Texts | None | UnsetType = UNSET  # an inline seccomp profile is reduced to "seccomp=inline:<digest>"
    GroupAdd: Texts | None | UnsetType = UNSET
    Memory: Integer | None | UnsetType = UNSET
    MemorySwap: Integer | None | UnsetType = UNSET
    MemoryReservation: Integer | None | UnsetType = UNSET
    CpuShares: Integer | None | UnsetType = UNSET
    NanoCpus: Integer | None | UnsetType = UNSET
    CpuQuota: Integer | None | UnsetType = UNSET
    CpuPeriod: Integer | None | UnsetType = UNSET
    CpusetCpus: Short | None | UnsetType = UNSET
    PidsLimit: Integer | None | UnsetType = UNSET
    ShmSize: Integer | None | UnsetType = UNSET
    OomKillDisable: bool | None | UnsetType = UNSET
    Devices: list[Device] | None | UnsetType = UNSET
    DeviceCgroupRules: Texts | None | UnsetType = UNSET
    DeviceRequests: list[DeviceRequest] | None | UnsetType = UNSET
    Ulimits: list[Ulimit] | None | UnsetType = UNSET
    RestartPolicy: Restart | UnsetType = UNSET
    LogConfig: Logging | UnsetType = UNSET
    PortBindings: PortMap | None | UnsetType = UNSET
    Tmpfs: Texts | None | UnsetType = UNSET  # mount points only
    Runtime: Short | UnsetType = UNSET
    Init: bool | None | UnsetType = UNSET
    StorageOpt: TextMap | None | UnsetType = UNSET
    MaskedPaths: Texts | None | UnsetType = UNSET
    ReadonlyPaths: Texts | None | UnsetType = UNSET


class Mount(Fact):
    Type: Short | UnsetType = UNSET
    Name: Text | UnsetType = UNSET
    Source: Text | UnsetType = UNSET
    # Source with symbolic links resolved by the agent on the host; of a volume the host path that its driver mounts
    RealSource: Text | UnsetType = UNSET
    Destination: Text | UnsetType = UNSET
    Driver: Short | UnsetType = UNSET
    Mode: Short | UnsetType = UNSET
    RW: bool | UnsetType = UNSET
    Propagation: Short | UnsetType = UNSET


class HealthTest(Fact):
    """``Kind`` is the first word of the engine's Test array: NONE, CMD, CMD-SHELL, or "" when empty."""

    Kind: Short
    Interval: Integer | UnsetType = UNSET
    Timeout: Integer | UnsetType = UNSET
    Retries: Integer | UnsetType = UNSET


class ContainerConfig(Fact):
    User: Text | UnsetType = UNSET
    Image: Text | UnsetType = UNSET
    EnvNames: Texts | UnsetType = UNSET
    # Only com.docker.compose.{project,service,container-number,project.config_files},
    # com.docker.{swarm.service.name,swarm.task.name,stack.namespace} and OCI title and version keep their values.
    Labels: TextMap | UnsetType = UNSET
    LabelNames: Texts | UnsetType = UNSET
    Healthcheck: HealthTest | None | UnsetType = UNSET
    ExposedPorts: Texts | UnsetType = UNSET
    Command: Short | UnsetType = UNSET  # basename of the entry point's program, nothing more
    DockerHost: Short | UnsetType = UNSET  # scheme of a DOCKER_HOST in the environment: "tcp", "unix", ...


class ContainerState(Fact):
    """The stable part of a container's state."""

    Status: Literal["created", "running", "paused", "restarting", "removing", "exited", "dead", "unknown"]
    Health: Literal["none", "healthy", "unhealthy"] | UnsetType = UNSET  # "starting" counts as healthy


class MainProcess(Fact):
    """The truth of a running container's main process, from /proc/<pid>."""

    Uid: Natural | UnsetType = UNSET  # effective uid as the host sees it
    ContainerUid: Natural | UnsetType = UNSET  # the same translated through the process's own uid_map
    CapEff: Short | UnsetType = UNSET  # hexadecimal, as printed by the kernel
    CapBnd: Short | UnsetType = UNSET
    Seccomp: Natural | UnsetType = UNSET  # 0 off, 1 strict, 2 filter
    NoNewPrivs: Natural | UnsetType = UNSET
    IdentityUidMap: bool | UnsetType = UNSET  # container uid 0 is the host's uid 0
    AppArmor: Short | UnsetType = UNSET  # /proc/<pid>/attr/current
    SshServers: Texts | UnsetType = UNSET  # names of processes of this container that are SSH servers
    Supervisors: Texts | UnsetType = UNSET  # names of its processes that start several services: systemd, supervisord
    Error: ReadError | UnsetType = UNSET


class Container(Fact):
    Name: Text  # without the leading slash
    Image: Text | UnsetType = UNSET  # id of the image
    State: ContainerState | UnsetType = UNSET
    Config: ContainerConfig | UnsetType = UNSET
    HostConfig: ContainerHostConfig | UnsetType = UNSET
    Mounts: Annotated[list[Mount], Meta(max_length=4096)] | None | UnsetType = UNSET
    Ports: PortMap | None | UnsetType = UNSET  # NetworkSettings.Ports
    Networks: Texts | UnsetType = UNSET  # names of the networks it is attached to
    AppArmorProfile: Text | UnsetType = UNSET
    ProcessLabel: Text | UnsetType = UNSET
    MountLabel: Text | UnsetType = UNSET
    Process: MainProcess | None | UnsetType = UNSET  # null when it has no process
    PrivilegedExecs: Natural | UnsetType = UNSET  # live `exec --privileged` sessions
    RootExecs: Natural | UnsetType = UNSET  # live exec sessions whose user is root
    # Bytes in its writable layer, rounded up to 0, 1 MiB or a power of two above, so that small writes change nothing.
    WritableBytes: Natural | UnsetType = UNSET
    Marks: list[Mark] | UnsetType = UNSET
    Error: ReadError | UnsetType = UNSET  # this container was listed but could not be inspected


class ContainerVolatile(Fact):
    """What changes without meaning: outside the digest."""

    Id: Short
    Pid: Natural | UnsetType = UNSET
    StartedAt: Text | UnsetType = UNSET
    FinishedAt: Text | UnsetType = UNSET
    RestartCount: Natural | UnsetType = UNSET
