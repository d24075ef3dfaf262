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
