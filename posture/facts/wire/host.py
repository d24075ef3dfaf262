"""The host below the engines: files, mounts, accounts, listeners, kernel."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from posture.facts.wire.fact import Fact, ReadError
from posture.facts.wire.values import FileMode, Moment, Natural, Short, Text, TextMap, Texts


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
