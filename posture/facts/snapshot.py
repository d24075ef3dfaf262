"""The snapshot as it arrives: the wire shape of protocol version 1.

Key names are the engine's own. A key that is absent was not observed (or is unknown to that engine
version, which the normaliser decides); ``null`` is the engine's own null. Only the keys named here
leave a host: the agent drops every other one, and unknown keys are refused at the door.

``agents/protocol.schema.json`` is generated from these structures.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Text = Annotated[str, Meta(max_length=4096)]
Short = Annotated[str, Meta(max_length=256)]
# The lengths are said as well: a pattern's $ lets a line break follow.
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)]
Link = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]  # see posture/facts/chain.py
Identifier = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", max_length=36)]
Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$", max_length=27)]
Natural = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
FileMode = Annotated[int, Meta(ge=0, le=0o7777)]
Texts = Annotated[list[Text], Meta(max_length=4096)]
TextMap = Annotated[dict[Short, Text], Meta(max_length=512)]

# Why a source or a value could not be read. The agent uses this closed list; the server adds its own.
ReadError = Literal["not_permitted", "source_failed", "not_collected", "timed_out", "too_large", "absent"]


class Fact(Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of every structure on the wire: unknown keys are refused."""


class Mark(Fact):
    """A secret-like value was seen at a place; the value itself never leaves the host."""

    Pattern: Short  # name of the pattern: "aws-access-key", "password-assignment", ...
    Place: Text  # "Config.Env.DB_PASSWORD", "history.3", "Config.Cmd.1"
    Fingerprint: Short | UnsetType = UNSET  # HMAC-SHA-256 under a key that stays on the host, hex


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


class Layer(Fact):
    """One history entry, reduced on the host to what it does."""

    Instruction: Short  # ADD, COPY, RUN, ENV, ...; "" when it cannot be told
    Empty: bool | UnsetType = UNSET
    Base: bool | UnsetType = UNSET  # belongs to an image this one was built from, as far as the agent can tell
    # "index-refresh", "package-install", "remote-add", "unauthenticated-packages", "pipe-to-shell", "setuid-removal",
    # "committed" (made by committing a container, no instruction of a Dockerfile)
    Traits: Texts | UnsetType = UNSET


class SetuidFile(Fact):
    Path: Text
    Mode: FileMode


class ImageRelease(Fact):
    """ID and VERSION_ID of the image's own os-release; empty where there is none."""

    Id: Short
    VersionId: Short


class ImageScan(Fact):
    """The newest result of a scanner for this image that the agent found on its host. Counts of vulnerabilities."""

    Scanner: Literal["trivy", "grype"]
    ScannedAt: Moment
    Critical: Natural
    High: Natural
    Medium: Natural
    Low: Natural
    FixableCritical: Natural
    FixableHigh: Natural


class Image(Fact):
    Id: Text
    RepoTags: Texts | None | UnsetType = UNSET
    RepoDigests: Texts | None | UnsetType = UNSET
    Created: Text | UnsetType = UNSET  # RFC 3339, as the engine prints it
    Architecture: Short | UnsetType = UNSET
    Variant: Short | UnsetType = UNSET
    Os: Short | UnsetType = UNSET
    Size: Natural | UnsetType = UNSET
    User: Text | UnsetType = UNSET
    EnvNames: Texts | UnsetType = UNSET
    Healthcheck: HealthTest | None | UnsetType = UNSET
    ExposedPorts: Texts | UnsetType = UNSET
    History: Annotated[list[Layer], Meta(max_length=1024)] | UnsetType = UNSET
    Bases: Texts | UnsetType = UNSET  # references of what it was built from, as its label and the host's images tell
    SetuidFiles: Annotated[list[SetuidFile], Meta(max_length=4096)] | UnsetType = UNSET
    Release: ImageRelease | UnsetType = UNSET
    Programs: Texts | UnsetType = UNSET  # paths of programs that an image seldom needs, see docs/agent.md
    WorldWritable: Texts | UnsetType = UNSET  # files and folders anybody may write, /tmp and other sticky ones left out
    Scan: ImageScan | None | UnsetType = UNSET  # null: no scanner left a result for it
    Marks: list[Mark] | UnsetType = UNSET
    Error: ReadError | UnsetType = UNSET


class Network(Fact):
    Name: Text
    Driver: Short | UnsetType = UNSET
    Scope: Short | UnsetType = UNSET
    Internal: bool | UnsetType = UNSET
    Attachable: bool | UnsetType = UNSET
    Ingress: bool | UnsetType = UNSET
    EnableIPv6: bool | UnsetType = UNSET
    Options: TextMap | None | UnsetType = UNSET  # com.docker.network.* and "encrypted"
    Subnets: Texts | UnsetType = UNSET


class SwarmState(Fact):
    LocalNodeState: Short
    ControlAvailable: bool | UnsetType = UNSET
    Managers: Natural | UnsetType = UNSET
    Nodes: Natural | UnsetType = UNSET
    AutoLockManagers: bool | UnsetType = UNSET
    NodeCertExpiry: Integer | UnsetType = UNSET  # nanoseconds
    CANotBefore: Moment | UnsetType = UNSET  # since when the cluster's root certificate is valid
    Secrets: Natural | UnsetType = UNSET  # secrets in the swarm's store


class Service(Fact):
    """A swarm service, as a manager sees it."""

    Name: Text
    Secrets: Natural | UnsetType = UNSET  # secrets of the store that it uses
    RestartCondition: Short | UnsetType = UNSET  # none, on-failure, any
    RestartMaxAttempts: Natural | UnsetType = UNSET  # 0: without end
    Marks: list[Mark] | UnsetType = UNSET  # secret-like values in its specification's environment, arguments and labels


class EngineInfo(Fact):
    """`GET /info`, the keys a rule needs. Not counts: those are derived from the lists."""

    Driver: Short | UnsetType = UNSET
    DriverStatus: list[list[Text]] | None | UnsetType = UNSET
    DockerRootDir: Text | UnsetType = UNSET
    SecurityOptions: Texts | None | UnsetType = UNSET
    Rootless: bool | UnsetType = UNSET  # Podman's own; Docker names it among the security options
    LoggingDriver: Short | UnsetType = UNSET
    LiveRestoreEnabled: bool | UnsetType = UNSET
    AuthorizationPlugins: Texts | None | UnsetType = UNSET  # Plugins.Authorization
    InsecureRegistryCIDRs: Texts | None | UnsetType = UNSET
    InsecureIndexes: Texts | UnsetType = UNSET  # names of IndexConfigs with Secure = false
    Warnings: Texts | None | UnsetType = UNSET
    MemoryLimit: bool | UnsetType = UNSET
    SwapLimit: bool | UnsetType = UNSET
    PidsLimit: bool | UnsetType = UNSET
    CpuCfsQuota: bool | UnsetType = UNSET
    CPUShares: bool | UnsetType = UNSET
    CgroupDriver: Short | UnsetType = UNSET
    CgroupVersion: Short | UnsetType = UNSET
    KernelVersion: Text | UnsetType = UNSET
    OperatingSystem: Text | UnsetType = UNSET
    Architecture: Short | UnsetType = UNSET
    NCPU: Natural | UnsetType = UNSET
    MemTotal: Natural | UnsetType = UNSET
    ExperimentalBuild: bool | UnsetType = UNSET
    Debug: bool | UnsetType = UNSET
    ServerVersion: Short | UnsetType = UNSET
    DefaultRuntime: Short | UnsetType = UNSET
    IndexServerAddress: Text | UnsetType = UNSET
    Swarm: SwarmState | UnsetType = UNSET


class EngineVersion(Fact):
    Version: Short | UnsetType = UNSET
    ApiVersion: Short | UnsetType = UNSET
    MinAPIVersion: Short | UnsetType = UNSET
    Os: Short | UnsetType = UNSET
    Arch: Short | UnsetType = UNSET
    KernelVersion: Text | UnsetType = UNSET
    Experimental: bool | UnsetType = UNSET
    Components: TextMap | UnsetType = UNSET  # {"containerd": "1.6.20", "runc": "1.1.5"}


class SeccompFile(Fact):
    """A custom daemon-wide or container profile, reduced on the host."""

    Path: Text
    DefaultAction: Short | UnsetType = UNSET
    AllowedSyscalls: Natural | UnsetType = UNSET  # how many names it allows
    Error: ReadError | UnsetType = UNSET


Setting = (
    bool
    | Integer
    | float
    | Text
    | Texts
    | None
    | dict[Short, bool | Integer | Text | Texts | None | dict[Short, Integer | Text]]
)


class DaemonConfig(Fact):
    """Effective configuration of the running daemon: what set each option.

    ``Flags`` and ``File`` are keyed by the daemon.json spelling ("log-level", "hosts", "default-ulimits").
    Flag values are typed like daemon.json values: booleans, integers, texts, lists for repeatable flags
    ("hosts", "insecure-registries", "storage-opts", "authorization-plugins"), and
    "default-ulimits" as {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}}.
    ``log-opts`` keeps option names with the address reduced to its scheme and whether it is local.
    """

    Uid: Natural | UnsetType = UNSET  # effective uid of the daemon's process
    Flags: dict[Short, Setting] | UnsetType = UNSET
    FlagsError: ReadError | UnsetType = UNSET
    FilePath: Text | UnsetType = UNSET
    File: dict[Short, Setting] | None | UnsetType = UNSET  # null: there is no such file
    FileError: ReadError | UnsetType = UNSET
    SocketActivated: Texts | UnsetType = UNSET  # ListenStream values of docker.socket, when it is active
    Listeners: Texts | UnsetType = UNSET  # TCP sockets the daemon's process listens on: "0.0.0.0:2375", "[::]:2375"
    ListenersError: ReadError | UnsetType = UNSET
    SeccompProfile: SeccompFile | UnsetType = UNSET


class Engine(Fact):
    Key: Short  # stable on this host: "docker", "podman", "docker-2", of an ordinary user "podman-1000", ...
    Kind: Literal["docker", "podman"]
    Endpoint: Text  # "unix:///var/run/docker.sock", "tcp://HOST:PORT", with TLS "https://HOST:PORT"
    Version: EngineVersion | UnsetType = UNSET
    Info: EngineInfo | UnsetType = UNSET
    Daemon: DaemonConfig | UnsetType = UNSET
    Containers: Annotated[list[Container], Meta(max_length=5000)] | UnsetType = UNSET
    Images: Annotated[list[Image], Meta(max_length=5000)] | UnsetType = UNSET
    Networks: Annotated[list[Network], Meta(max_length=5000)] | UnsetType = UNSET
    Services: Annotated[list[Service], Meta(max_length=5000)] | UnsetType = UNSET  # of a swarm manager only
    SeccompProfiles: list[SeccompFile] | UnsetType = UNSET  # custom files that containers name


class File(Fact):
    """Owner and mode of one file that a rule asks about. ``Purpose`` is a closed word, see the vocabulary."""

    Purpose: Short
    Path: Text
    Kind: Literal["file", "directory", "socket", "other", "absent"] | UnsetType = UNSET
    Uid: Natural | UnsetType = UNSET
    Gid: Natural | UnsetType = UNSET
    Group: Short | UnsetType = UNSET
    Mode: FileMode | UnsetType = UNSET
    Error: ReadError | UnsetType = UNSET


class MountEntry(Fact):
    MountPoint: Text
    Type: Short
    Source: Text
    Root: Text
    Device: Short  # major:minor
    Options: Text


class Group(Fact):
    Name: Short
    Gid: Natural
    Members: Texts  # supplementary and primary-gid members


class BlockDevice(Fact):
    """A block device below a mounted file system, from /sys/dev/block."""

    Device: Short  # major:minor
    Name: Short  # dm-0
    Mapping: Short | UnsetType = UNSET  # kind of a device mapper target, from dm/uuid: "CRYPT-LUKS2", "LVM"
    # major:minor of the devices it lies on: of a partition its disk, of a btrfs pool (0:N) all its devices, of a disk
    # none. Left out when that cannot be told.
    Parents: Texts | UnsetType = UNSET


class Listener(Fact):
    """A socket of the host's network namespace that waits for strangers: TCP in LISTEN, UDP bound below 32768."""

    Protocol: Literal["tcp", "udp"]
    Address: Short  # "0.0.0.0", "::", "192.0.2.7"
    Port: Annotated[int, Meta(ge=0, le=65535)]
    Program: Short | UnsetType = UNSET  # comm of the process that holds it, where it may be seen


class Account(Fact):
    """A default account of a board's image, or a member of an engine's group. Never a hash."""

    Name: Short
    Uid: Natural
    LoginShell: bool | UnsetType = UNSET  # its shell lets people in
    Unlocked: bool | UnsetType = UNSET  # a password opens it, or none is asked
    PasswordChanged: Moment | UnsetType = UNSET
    Groups: Texts | UnsetType = UNSET  # names of all groups it is in
    Default: bool | UnsetType = UNSET  # images of boards ship it with a known password
    Error: ReadError | UnsetType = UNSET  # why the shadow part is missing


class OtherRuntime(Fact):
    """Something else that runs containers on this host: found, not read and not judged."""

    Name: Short  # "LXC", "Incus", "LXD", "rkt", "systemd-nspawn", "containerd", "CRI-O", "K3s"
    Evidence: Text  # the path that shows it


class HostFacts(Fact):
    Hostname: Text
    MachineId: Short | UnsetType = UNSET  # SHA-256 of /etc/machine-id under our own prefix
    Architecture: Short | UnsetType = UNSET  # uname -m
    Kernel: Text | UnsetType = UNSET  # uname -r
    OperatingSystem: Text | UnsetType = UNSET  # PRETTY_NAME
    OsId: Short | UnsetType = UNSET
    OsVersion: Short | UnsetType = UNSET
    Board: Text | UnsetType = UNSET  # device tree model or DMI product
    NCPU: Natural | UnsetType = UNSET
    MemTotal: Natural | UnsetType = UNSET  # bytes
    Sysctls: TextMap | UnsetType = UNSET  # empty where this kernel has no such setting; left out when unreadable
    LSMs: Texts | UnsetType = UNSET
    AppArmorProfiles: TextMap | UnsetType = (
        UNSET  # name → enforce, complain; only docker/crio/podman ones and those in use
    )
    SELinux: Literal["enforcing", "permissive", "disabled"] | UnsetType = UNSET
    Environment: TextMap | UnsetType = (
        UNSET  # {"DOCKER_CONTENT_TRUST": "1"} from /etc/environment, profile.d, the daemon's unit
    )
    Mounts: list[MountEntry] | UnsetType = UNSET
    Partitions: Texts | UnsetType = UNSET
    Groups: list[Group] | UnsetType = UNSET  # docker and the group of the engine's socket
    # As auditctl lists them; a watch of a directory and all below ends with /. "-e 0": auditing is switched off.
    AuditRules: Texts | UnsetType = UNSET
    BlockDevices: Annotated[list[BlockDevice], Meta(max_length=4096)] | UnsetType = UNSET
    Listeners: Annotated[list[Listener], Meta(max_length=4096)] | UnsetType = UNSET
    Accounts: Annotated[list[Account], Meta(max_length=4096)] | UnsetType = UNSET
    Sudoers: Texts | UnsetType = UNSET  # names that sudoers give rights to: "alarm", "%wheel", "ALL"
    KernelConfig: TextMap | UnsetType = UNSET  # of a fixed list of options: "y", "m", "n" when not set
    KernelBuilt: Moment | UnsetType = UNSET  # the day in `uname -v`, midnight UTC
    OsSupportEnd: Moment | UnsetType = UNSET  # SUPPORT_END of os-release
    Files: Annotated[list[File], Meta(max_length=4096)] | UnsetType = UNSET
    OtherRuntimes: Annotated[list[OtherRuntime], Meta(max_length=64)] | UnsetType = UNSET  # by name


class Source(Fact):
    """How reading one source went. ``Name``: "host.kernel", "docker.containers", "docker.images", ..."""

    Name: Short
    Status: Literal["ok", "failed", "absent"]
    Reason: ReadError | UnsetType = UNSET
    Detail: Text | UnsetType = UNSET  # stable words for people; no times, pids or secrets


class Facts(Fact):
    Host: HostFacts
    Engines: Annotated[list[Engine], Meta(max_length=16)]
    Sources: Annotated[list[Source], Meta(max_length=512)]


class ContainerVolatile(Fact):
    """What changes without meaning: outside the digest."""

    Id: Short
    Pid: Natural | UnsetType = UNSET
    StartedAt: Text | UnsetType = UNSET
    FinishedAt: Text | UnsetType = UNSET
    RestartCount: Natural | UnsetType = UNSET


class EngineVolatile(Fact):
    Containers: Annotated[dict[Text, ContainerVolatile], Meta(max_length=5000)] | UnsetType = UNSET  # by name


class Volatile(Fact):
    Engines: dict[Short, EngineVolatile] | UnsetType = UNSET
    BootTime: Moment | UnsetType = UNSET


class Measurements(Fact):
    """Volatile readings of the host; they ride on check-ins. Bytes."""

    MemAvailable: Natural | UnsetType = UNSET
    DataRootFree: Natural | UnsetType = UNSET
    DataRootSize: Natural | UnsetType = UNSET
    LoadAverage: float | UnsetType = UNSET


class AgentInfo(Fact):
    Version: Short
    Python: Short
    Interval: Annotated[int, Meta(ge=10, le=86_400)]  # seconds


class Message(Fact, kw_only=True):
    """What check-ins and snapshots carry: who, the place in the sequence, when, and what was seen."""

    protocol: Literal[1]
    installation: Identifier
    # Grows from request to request of an installation, whatever the request is about: one that does not grow is a
    # request that came twice or was overtaken.
    message: Annotated[int, Meta(ge=0, le=2**62)] = 0
    sequence: Annotated[int, Meta(ge=1, le=2**53)]
    previous_digest: Digest | None
    digest: Digest
    link: Link | None = None  # ties this collection to all before it
    # Seconds from the observation to the sending, by a clock that nobody sets; null where the machine started anew
    # in between.
    age: Annotated[float, Meta(ge=0, le=10**9)] | None = None
    boot_id: Identifier
    monotonic: Annotated[float, Meta(ge=0)]
    observed_at: Moment
    sent_at: Moment
    agent: AgentInfo
    measurements: Measurements


class CheckIn(Message):
    """ "Nothing changed", or "this is my digest": one small request per interval."""


class Delivered(Message):
    """A snapshot but for its facts."""

    id: Identifier
    duration: Annotated[float, Meta(ge=0)]  # seconds the collection took
    volatile: Volatile


class Snapshot(Delivered):
    """One delivery of facts. ``digest`` is SHA-256 over the canonical JSON of ``facts``."""

    facts: Facts


class Enrolment(Fact):
    protocol: Literal[1]
    key: Short
    installation: Identifier
    hostname: Annotated[str, Meta(min_length=1, max_length=253)]
    machine_id: Short | None
    agent: AgentInfo
