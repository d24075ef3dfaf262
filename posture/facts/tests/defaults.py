"""What an ordinary Docker 20.10 on Debian 12 answers: the plain values under the test builders."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET


def host_config() -> dict[str, Any]:
    return {
        "NetworkMode": "default",
        "PidMode": "",
        "IpcMode": "private",
        "UTSMode": "",
        "UsernsMode": "",
        "CgroupnsMode": "private",
        "CgroupParent": "",
        "Privileged": False,
        "PublishAllPorts": False,
        "ReadonlyRootfs": False,
        "AutoRemove": False,
        "CapAdd": None,
        "CapDrop": None,
        "SecurityOpt": None,
        "GroupAdd": None,
        "Memory": 0,
        "MemorySwap": 0,
        "MemoryReservation": 0,
        "CpuShares": 0,
        "NanoCpus": 0,
        "CpuQuota": 0,
        "CpuPeriod": 0,
        "CpusetCpus": "",
        "PidsLimit": None,
        "ShmSize": 67108864,
        "OomKillDisable": False,
        "Devices": [],
        "DeviceCgroupRules": None,
        "DeviceRequests": None,
        "Ulimits": None,
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        "LogConfig": {"Type": "json-file", "Options": []},
        "PortBindings": {},
        "Tmpfs": None,
        "Runtime": "runc",
        "Init": None,
        "StorageOpt": None,
        "MaskedPaths": ["/proc/asound", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
        "ReadonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    }


def process() -> dict[str, Any]:
    return {
        "Uid": 0,
        "ContainerUid": 0,
        "CapEff": "00000000a80425fb",  # the fourteen default capabilities
        "CapBnd": "00000000a80425fb",
        "Seccomp": 2,
        "NoNewPrivs": 0,
        "IdentityUidMap": True,
        "AppArmor": "docker-default (enforce)",
        "SshServers": [],
        "Supervisors": [],
    }


def version() -> dict[str, Any]:
    return {
        "Version": "20.10.24+dfsg1",
        "ApiVersion": "1.41",
        "MinAPIVersion": "1.12",
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": "6.1.0-18-amd64",
        "Experimental": False,
        "Components": {"containerd": "1.6.20~ds1", "runc": "1.1.5+ds1"},
    }


def info() -> dict[str, Any]:
    return {
        "Driver": "overlay2",
        "DriverStatus": [["Backing Filesystem", "extfs"]],
        "DockerRootDir": "/var/lib/docker",
        "SecurityOptions": ["name=apparmor", "name=seccomp,profile=default", "name=cgroupns"],
        "LoggingDriver": "json-file",
        "LiveRestoreEnabled": False,
        "AuthorizationPlugins": None,
        "InsecureRegistryCIDRs": ["127.0.0.0/8"],
        "InsecureIndexes": [],
        "Warnings": None,
        "MemoryLimit": True,
        "SwapLimit": True,
        "PidsLimit": True,
        "CpuCfsQuota": True,
        "CPUShares": True,
        "CgroupDriver": "systemd",
        "CgroupVersion": "2",
        "KernelVersion": "6.1.0-18-amd64",
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "Architecture": "x86_64",
        "NCPU": 4,
        "MemTotal": 8 * 2**30,
        "ExperimentalBuild": False,
        "Debug": False,
        "ServerVersion": "20.10.24+dfsg1",
        "DefaultRuntime": "runc",
        "IndexServerAddress": "https://index.docker.io/v1/",
        "Swarm": {"LocalNodeState": "inactive", "ControlAvailable": False},
    }


def daemon() -> dict[str, Any]:
    return {
        "Uid": 0,
        "Flags": {"hosts": ["fd://"], "containerd": "/run/containerd/containerd.sock"},
        "FilePath": "/etc/docker/daemon.json",
        "File": None,
        "SocketActivated": ["/run/docker.sock"],
        "Listeners": [],
    }


def sysctls() -> dict[str, str]:
    """Debian 12's; an empty text is a setting that its kernel does not have."""
    return {
        "kernel.apparmor_restrict_unprivileged_userns": "",
        "kernel.unprivileged_userns_clone": "1",
        "user.max_user_namespaces": "31231",
    }


def root_mount() -> dict[str, str]:
    return {
        "MountPoint": "/",
        "Type": "ext4",
        "Source": "/dev/sda",
        "Root": "/",
        "Device": "8:0",
        "Options": "rw,relatime",
    }


def kernel_config() -> dict[str, str]:
    """What confinement asks for, all of it built."""
    names = (
        "AUDIT AUDITSYSCALL BRIDGE_NETFILTER CFS_BANDWIDTH CGROUPS CGROUP_BPF CGROUP_DEVICE CGROUP_PIDS CGROUP_SCHED "
        "CPUSETS IPC_NS KEYS MEMCG NAMESPACES NET_NS PID_NS SECCOMP SECCOMP_FILTER SECURITY_APPARMOR USER_NS UTS_NS"
    )
    return {f"CONFIG_{name}": "y" for name in names.split()} | {"CONFIG_SECURITY_SELINUX": "n"}


# Every file that an agent looks at on such a host, with its mode; None is absent.
_FILES = (
    ("containerd-binary", "/usr/bin/containerd", "file", 0o755),
    ("containerd-config", "/etc/containerd/config.toml", "absent", None),
    ("containerd-shim-binary", "/usr/bin/containerd-shim", "file", 0o755),
    ("containerd-shim-runc-v1-binary", "/usr/bin/containerd-shim-runc-v1", "file", 0o755),
    ("containerd-shim-runc-v2-binary", "/usr/bin/containerd-shim-runc-v2", "file", 0o755),
    ("containerd-socket", "/run/containerd/containerd.sock", "socket", 0o660),
    ("containerd-state", "/run/containerd", "directory", 0o711),
    ("daemon-json", "/etc/docker/daemon.json", "absent", None),
    ("data-root", "/var/lib/docker", "directory", 0o710),
    ("docker-binary", "/usr/bin/docker", "file", 0o755),
    ("docker-config-directory", "/etc/docker", "directory", 0o755),
    ("docker-defaults", "/etc/default/docker", "file", 0o644),
    ("docker-service-unit", "/usr/lib/systemd/system/docker.service", "file", 0o644),
    ("docker-socket-unit", "/usr/lib/systemd/system/docker.socket", "file", 0o644),
    ("docker-sysconfig", "/etc/sysconfig/docker", "absent", None),
    ("dockerd-binary", "/usr/sbin/dockerd", "file", 0o755),
    ("engine-socket", "/run/docker.sock", "socket", 0o660),
    ("registry-certificate", "/etc/docker/certs.d", "absent", None),
    ("runc-binary", "/usr/sbin/runc", "file", 0o755),
)


def files() -> list[dict[str, Any]]:
    found = []
    for purpose, path, kind, mode in _FILES:
        file: dict[str, Any] = {"Purpose": purpose, "Path": path, "Kind": kind}
        if mode is not None:
            docker = purpose == "engine-socket"
            file |= {"Uid": 0, "Gid": 999 if docker else 0, "Group": "docker" if docker else "root", "Mode": mode}
        found.append(file)
    return found


def merge(defaults: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """``overrides`` over ``defaults``, mappings merged deeply; UNSET removes."""
    merged = dict(defaults)
    for key, value in overrides.items():
        old = merged.get(key)
        if value is UNSET:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(old, Mapping) and key not in _WHOLE:
            merged[key] = merge(old, value)
        else:
            merged[key] = value
    return merged


_WHOLE = frozenset({"Ports", "PortBindings", "Labels", "Options"})  # maps that an override replaces
