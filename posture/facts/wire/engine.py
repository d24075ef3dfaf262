"""One engine with everything that it runs."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from posture.facts.wire.container import Container, ContainerVolatile
from posture.facts.wire.fact import Fact, ReadError
from posture.facts.wire.image import Image
from posture.facts.wire.network import Network
from posture.facts.wire.swarm import Service, SwarmState
from posture.facts.wire.values import Integer, Natural, Short, Text, TextMap, Texts


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


class EngineVolatile(Fact):
    Containers: Annotated[dict[Text, ContainerVolatile], Meta(max_length=5000)] | UnsetType = UNSET  # by name
