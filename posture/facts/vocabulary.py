"""Every fact a rule may name, by kind of resource, with its type and meaning.

A rule that names a fact which is not here does not load. Names with a dot keep the engine's own keys
(``HostConfig.Memory``); names without one are derived by us in this room. Any value may be ``Unseen``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a rule judges."""

    HOST = "host"
    DAEMON = "daemon"
    FILE = "file"
    IMAGE = "image"
    CONTAINER = "container"
    NETWORK = "network"
    SWARM = "swarm"


class Type(StrEnum):
    """The type of a fact's value; every one may also be ``None`` when ``nullable``."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    TEXT = "text"
    TEXTS = "texts"  # tuple of texts
    RECORDS = "records"  # tuple of mappings with the named fields
    MOMENT = "moment"  # RFC 3339 text, UTC


@dataclass(frozen=True, slots=True)
class FactType:
    """The type of one fact. ``unit`` is for display ("bytes", "nano-cpus")."""

    type: Type
    doc: str
    unit: str = ""
    fields: tuple[str, ...] = ()
    nullable: bool = False


def flag(doc: str) -> FactType:
    return FactType(Type.BOOLEAN, doc)


def integer(doc: str, unit: str = "") -> FactType:
    return FactType(Type.INTEGER, doc, unit)


def text(doc: str) -> FactType:
    return FactType(Type.TEXT, doc)


def texts(doc: str) -> FactType:
    return FactType(Type.TEXTS, doc)


def records(doc: str, *fields: str) -> FactType:
    return FactType(Type.RECORDS, doc, fields=fields)


# Facts of the engine and host that a rule on any resource of that engine may read, as ``engine.X`` and ``host.X``.
CONTEXT: Mapping[str, FactType] = {
    "engine.Kind": text("docker or podman"),
    "engine.ServerVersion": text("version of the engine, as it prints it"),
    "engine.Rootless": flag("the engine runs in a user namespace of an ordinary user"),
    "engine.UsernsRemap": flag("the daemon remaps container users (userns-remap)"),
    "engine.AppArmor": flag("the engine can confine containers with AppArmor"),
    "engine.SELinux": flag("the engine labels containers with SELinux"),
    "engine.SeccompSupported": flag("kernel and engine support seccomp filters"),
    "engine.SeccompUnconfined": flag("the daemon-wide seccomp profile is unconfined"),
    "engine.NoNewPrivileges": flag("no-new-privileges is the daemon's default"),
    "engine.MemoryLimit": flag("the kernel supports memory limits"),
    "engine.PidsLimit": flag("the kernel supports process limits"),
    "engine.CPUShares": flag("the kernel supports CPU shares"),
    "engine.DefaultBridge": flag("there is a default bridge network"),
    "engine.LoggingDriver": text("default log driver"),
    "engine.SwapLimit": flag("the kernel supports swap limits"),
    "engine.Driver": text("storage driver"),
    "engine.StorageQuota": flag("the storage driver can bound the size of a container's writable layer"),
    "engine.CPUCfsQuota": flag("the kernel supports CPU caps"),
    "engine.DataRootOwnFilesystem": flag("the data root is a mount of its own, on another device than / and /var"),
    "engine.SwarmActive": flag("this engine takes part in a swarm"),
    "engine.MemTotal": integer("memory of the host", "bytes"),
    "host.Kernel": text("kernel release"),
    "host.Architecture": text("uname -m"),
    "host.OsId": text("ID of os-release"),
}

HOST: Mapping[str, FactType] = {
    "Kernel": text("kernel release"),
    "OsId": text("ID of os-release"),
    "OsVersion": text("VERSION_ID of os-release"),
    "Architecture": text("uname -m"),
    "ContentTrust": flag("DOCKER_CONTENT_TRUST is switched on for every account of the host"),
    "EngineGroupMembers": texts("accounts in a group that may use an engine's socket; root left out"),
    "PrivilegedEngineAccounts": texts("those that hold another right, as 'alarm: wheel, sudoers'"),
    "DefaultAccounts": texts("default accounts of board images that are present, unlocked and let people in"),
    "UnprivilegedUserns": flag("ordinary users may create user namespaces"),
    "Listeners": texts("sockets open to other machines, as 'tcp 0.0.0.0:22 sshd'; published ports left out"),
    "ListeningPorts": texts("their ports, each once, as '22/tcp'"),
    "ListeningCount": integer("how many ports those are"),
    "KernelBuilt": FactType(Type.MOMENT, "when the running kernel was built"),
    "KernelMissing": texts("options that confinement needs and this kernel lacks, as 'CONFIG_SECCOMP_FILTER'"),
    "OsSupportEnd": FactType(Type.MOMENT, "end of security updates of this release, from os-release or our table"),
    "RootEncrypted": flag("the root file system lies on an encrypted block device"),
}

DAEMON: Mapping[str, FactType] = {
    "Rootless": flag("the daemon runs without root: rootless mode, or an effective uid other than 0"),
    "DefaultBridge": flag("there is a default bridge network"),
    "DefaultBridgeIcc": flag("containers on the default bridge may talk to each other"),
    "LogLevel": text("effective log level"),
    "Debug": flag("debug mode is on"),
    "Iptables": flag("the engine may manage iptables"),
    "InsecureRegistries": texts("registries reached without verified TLS, loopback left out"),
    "Driver": text("storage driver"),
    "TcpListeners": texts("tcp:// endpoints the daemon listens on, in canonical spelling"),
    "UnprotectedTcpListeners": texts("those of them not protected by mutual TLS with a CA, certificate and key"),
    "DefaultUlimits": texts("names of the default ulimits that are set"),
    "DefaultUlimitRecords": records("the default ulimits", "Name", "Soft", "Hard"),
    "UsernsRemap": flag("container users are remapped, or the engine is rootless"),
    "CgroupParent": text("parent cgroup of new containers; empty when not set"),
    "BaseDeviceSize": text("dm.basesize; empty when not set"),
    "AuthorizationPlugins": texts("authorization plugins"),
    "LoggingDriver": text("default log driver"),
    "LogsLeaveHost": flag("the default log driver sends to another machine"),
    "LocalLogContainers": texts("names of containers whose own log driver keeps logs on this host or drops them"),
    "NoNewPrivileges": flag("no-new-privileges is the default"),
    "LiveRestoreEnabled": flag("containers survive a restart of the daemon"),
    "SwarmActive": flag("this engine takes part in a swarm (any state but inactive)"),
    "SwarmState": text("LocalNodeState"),
    "UserlandProxy": flag("the userland proxy is on"),
    "SeccompProfile": text("daemon-wide profile: builtin, unconfined, custom, or empty without seccomp"),
    "SeccompDefaultAction": text("default action of a custom profile"),
    "Experimental": flag("experimental features are on"),
    "SettingSources": records("which place set each option", "Option", "Place"),
    "UnusedImages": integer("images that no container uses"),
    "DanglingImages": integer("images without a tag that no container uses"),
    "StoppedContainers": integer("containers that are not running"),
    "ImageCount": integer("images"),
    "DataRoot": text("directory of images and containers, without the folder of a user namespace"),
    "DataRootOwnFilesystem": flag("the data root is a mount of its own, on another device than / and /var"),
    "DataRootEncrypted": flag("the data root lies on an encrypted block device"),
    "SupportEnd": FactType(Type.MOMENT, "end of maintenance of this branch of the engine, from our table"),
    "LegacyRegistry": flag("the engine may talk to registries of version 1"),
    "DefaultBindAddress": text("address that ports are published on when none is given"),
    "VolumesWrittenByMany": texts("volumes and host paths that several containers may write, as 'source: a, b'"),
}

CONTAINER: Mapping[str, FactType] = {
    "Running": flag("it has running processes (running, paused or restarting)"),
    "Status": text("created, running, paused, restarting, exited, dead"),
    "Config.User": text("configured user"),
    "Config.Image": text("image as it was named"),
    "ConfiguredRoot": flag("the configured user is root: empty, 0, root, 00, 0:0, root:root …"),
    "RootProcess": flag("main process has uid 0 in the container; from the configuration when not running"),
    "ProcessUid": integer("effective uid of the main process, as the host sees it"),
    "HostConfig.Privileged": flag("--privileged"),
    "HostConfig.PublishAllPorts": flag("--publish-all"),
    "HostConfig.ReadonlyRootfs": flag("--read-only"),
    "HostConfig.NetworkMode": text("network mode"),
    "HostConfig.PidMode": text("pid namespace"),
    "HostConfig.IpcMode": text("ipc namespace"),
    "HostConfig.UTSMode": text("uts namespace"),
    "HostConfig.UsernsMode": text("user namespace"),
    "HostConfig.CgroupParent": text("parent cgroup"),
    "HostConfig.Memory": integer("memory limit; 0 is none", "bytes"),
    "MemoryAboveHost": flag("the memory limit is larger than the host's memory, so it bounds nothing"),
    "HostConfig.MemorySwap": integer("memory and swap limit; -1 is none", "bytes"),
    "HostConfig.CpuShares": integer("CPU shares; 0 is the default"),
    "HostConfig.NanoCpus": integer("CPU cap; 0 is none", "nano-cpus"),
    "HostConfig.CpusetCpus": text("processors it is bound to; empty when any"),
    "HostConfig.CpuQuota": integer("CPU quota a period; 0 or -1 is none", "microseconds"),
    "HostConfig.PidsLimit": integer("process limit; 0 or below is none"),
    "HostConfig.RestartPolicy.Name": text("restart policy; 'no' when none"),
    "HostConfig.RestartPolicy.MaximumRetryCount": integer("bound of restarts; 0 is none"),
    "HostConfig.LogConfig.Type": text("log driver"),
    "SwarmTask": flag("it belongs to a swarm service"),
    "AppArmorApplied": flag("an AppArmor profile other than unconfined is applied to it, in complain mode too"),
    "AppArmorConfined": flag(
        "an AppArmor profile other than unconfined confines it, in enforce mode where that is known"
    ),
    "AppArmorProfile": text("its AppArmor profile"),
    "SELinuxConfined": flag("it has a process label and label=disable is not set"),
    "AddedCapabilities": texts("capabilities added to the engine's default set, canonical names without CAP_"),
    "DroppedCapabilities": texts("capabilities dropped; ALL when all"),
    "Capabilities": texts("capabilities it holds: from /proc when running, else from the configuration"),
    "NetRaw": flag("it holds NET_RAW"),
    "SensitiveMounts": texts("sensitive host paths it mounts, as 'source:destination:rw|ro'"),
    "EngineSockets": texts("engine sockets it can reach through mounts, as 'source:destination'"),
    "EngineOverTcp": flag("its environment points a Docker client at a tcp endpoint"),
    "SharedMounts": texts("mounts with shared or rshared propagation, as 'source:destination:propagation'"),
    "HasMounts": flag("it has mounts"),
    "SshServers": texts("SSH servers among its processes; Unseen when it is not running"),
    "PublishedPorts": texts("published ports, as 'address:host-port:container-port/protocol'; IPv6 in brackets"),
    "PrivilegedPorts": texts("those with a host port below 1024"),
    "PrivilegedHostPorts": texts("published host ports below 1024, as '443/tcp'"),
    "WildcardPorts": texts("those bound to every address, IPv4 or IPv6"),
    "PublishedHostPorts": texts("host ports, as '8080/tcp'"),
    "HostDevices": texts(
        "host devices, as 'path:permissions'; GPU requests as 'request:driver', cgroup rules as 'rule:…'"
    ),
    "WidestDevicePermissions": texts("devices exposed with all of r, w and m"),
    "Ulimits": texts("ulimits other than the daemon's defaults, as 'nofile=1024:2048'"),
    "SeccompBuiltin": flag("the seccomp filter that confines it is the engine's own"),
    "SeccompUnconfined": flag("no seccomp filter confines it: unconfined, privileged, or the daemon's default is"),
    "NoNewPrivileges": flag("its processes cannot gain privileges"),
    "PrivilegedExecs": integer("live exec sessions with --privileged"),
    "Healthcheck": flag("a health check is defined (on the container or its image) and is not NONE"),
    "Health": text("none, healthy (or starting), unhealthy"),
    "OnDefaultBridge": flag("it is attached to the default bridge"),
    "HostUserns": flag("it shares the host's user namespace"),
    "ImageCreated": FactType(Type.MOMENT, "when its image was built"),
    "Networks": texts("networks it is attached to"),
    "ComposeProject": text("compose project; empty when none"),
    "ComposeService": text("compose service; empty when none"),
    "ImagePinned": flag("its image is named by digest"),
    "StorageSize": text("size limit of its writable layer, its own or the daemon's; empty when none"),
    "WritableBytes": integer("size of its writable layer, rounded up", "bytes"),
    "WritableMounts": texts("volumes and host paths it may write, as 'source:destination'"),
    "TmpfsMounts": texts("places in memory it mounts"),
    "HostTreeMounts": texts("mounts of /, /dev, /proc or /sys of the host or below, as 'source:destination:rw|ro'"),
    "SharedNamespaces": texts("pid, ipc and uts namespaces it shares, as 'pid=host', 'ipc=container:db'"),
    "Supervisors": texts("its processes that start several services; Unseen when it is not running"),
    "RootExecs": integer("live exec sessions as root"),
    "ServiceRestartCondition": text("restart condition of its swarm service: none, on-failure, any; empty without one"),
    "ServiceRestartMaxAttempts": integer("restarts its swarm service allows; 0 is without end, or no service"),
    "SudoPrograms": texts("setuid sudo or doas in its image"),
}

IMAGE: Mapping[str, FactType] = {
    "RepoTags": texts("tags"),
    "RepoDigests": texts("registry digests"),
    "Repositories": texts("registry/repository of each tag or digest, fully spelled: docker.io/library/nginx"),
    "Bases": texts("registry/repository of each image it was built from, as its label and this host's images tell"),
    "InUse": flag("a container uses it"),
    "Created": FactType(Type.MOMENT, "when it was built"),
    "Size": integer("size", "bytes"),
    "User": text("default user"),
    "Healthcheck": flag("it declares a health check other than NONE"),
    "LoneIndexRefresh": integer("layers that refresh a package index and install nothing"),
    "AddInstructions": integer("ADD instructions above its base image"),
    "RemoteAdds": integer("ADD instructions that fetch from a network"),
    "SetuidFiles": texts("setuid and setgid files, as 'path mode'"),
    "SecretMarks": texts("places where a secret-like value was seen, as 'pattern at place'"),
    "UnauthenticatedInstalls": texts("ways in which packages were installed without verification"),
    "Architecture": text("CPU architecture"),
    "FitsHost": flag("the host's processor runs its architecture natively"),
    "Dangling": flag("it has no tag, and no container uses it"),
    "UserRoot": flag("its default user is root: empty, 0, root, 0:0 …"),
    "Pinned": flag("it has a registry digest"),
    "VersionedTag": flag("it has a tag other than latest"),
    "Committed": flag("a layer of it was made by committing a container"),
    "Release": text("operating system release inside, as 'debian 12'; empty when none"),
    "ReleaseSupportEnd": FactType(Type.MOMENT, "end of security updates of that release, from our table"),
    "Programs": texts("programs inside that an image seldom needs, by path"),
    "SshServers": texts("SSH servers among them"),
    "SudoPrograms": texts("setuid sudo or doas inside"),
    "WorldWritable": texts("files and folders inside that anybody may write"),
    "Scanned": flag("a scanner's result for it was found on the host"),
    "ScannedAt": FactType(Type.MOMENT, "when it was scanned"),
    "CriticalVulnerabilities": integer("critical vulnerabilities found"),
    "HighVulnerabilities": integer("high vulnerabilities found"),
    "FixableCritical": integer("critical ones for which a fix is out"),
    "FixableHigh": integer("high ones for which a fix is out"),
}

NETWORK: Mapping[str, FactType] = {
    "Driver": text("driver"),
    "Scope": text("local or swarm"),
    "Internal": flag("no way out"),
    "Icc": flag("its containers may talk to each other"),
    "Encrypted": flag("overlay encryption is on"),
    "DefaultBridge": flag("it is the engine's default bridge"),
    "Ingress": flag("it is the swarm's ingress network"),
    "Members": texts("containers attached to it"),
    "Services": texts("swarm services among them, compose services as 'project/service', else containers; each once"),
    "ServiceCount": integer("how many services those are"),
    "Projects": texts("compose projects or swarm stacks among them; each once"),
    "ProjectCount": integer("how many projects those are"),
}

FILE: Mapping[str, FactType] = {
    "Path": text("path"),
    "Purpose": text("what it is, see docs/agent.md"),
    "Kind": text("file, directory, socket, other, absent"),
    "Uid": integer("owner"),
    "Gid": integer("group"),
    "Group": text("name of the group"),
    "Mode": integer("permission bits", "mode"),
    "Rootless": flag("only engines that run without root name it: it is their user's, not the host's"),
    "Audited": flag(
        "auditing is on and a loaded rule records writes and attribute changes of it, or of all below a parent"
    ),
}

SWARM: Mapping[str, FactType] = {
    "LocalNodeState": text("state of this node"),
    "ControlAvailable": flag("this node is a manager"),
    "Managers": integer("managers"),
    "AutoLockManagers": flag("managers are locked at rest"),
    "NodeCertExpiry": integer("life of node certificates", "nanoseconds"),
    "NodeCertDays": integer("the same in days, a part of one counted whole", "days"),
    "CANotBefore": FactType(Type.MOMENT, "since when the cluster's root certificate is valid"),
    "ControlWildcards": texts("control ports open on every address, as '[::]:2377'"),
    "SecretsInServices": texts("secret-like values in services' specifications, as 'service: pattern at place'"),
}

FACTS: Mapping[Kind, Mapping[str, FactType]] = {
    Kind.HOST: HOST,
    Kind.DAEMON: DAEMON,
    Kind.FILE: FILE,
    Kind.IMAGE: IMAGE,
    Kind.CONTAINER: CONTAINER,
    Kind.NETWORK: NETWORK,
    Kind.SWARM: SWARM,
}

# What a file is, whatever its path. The agent's own list is agents/posture_agent/collectors/purposes.py; a test keeps
# the two equal.
PURPOSES: frozenset[str] = frozenset(
    (
        *("docker-service-unit", "docker-socket-unit", "docker-config-directory", "docker-defaults"),
        *("docker-sysconfig", "daemon-json", "registry-certificate", "registry-key"),
        *("tls-ca", "tls-certificate", "tls-key", "engine-socket", "data-root"),
        *("containerd-socket", "containerd-config", "containerd-state"),
        *("docker-binary", "dockerd-binary", "containerd-binary", "containerd-shim-binary"),
        *("containerd-shim-runc-v1-binary", "containerd-shim-runc-v2-binary", "runc-binary"),
    )
)
