"""An engine and its daemon as they would describe themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .machines import Model

# Releases: API version, containerd, runc.
RELEASES = {
    "18.09.9": ("1.39", "1.2.13", "1.0.0-rc10"),
    "20.10.24": ("1.41", "1.6.20", "1.1.5"),
    "24.0.9": ("1.43", "1.7.13", "1.1.12"),
    "27.3.1": ("1.47", "1.7.22", "1.1.14"),
}
INTERNAL_BRIDGE = "172.%d.0.0/16"


@dataclass
class Daemon:
    """The engine of one host; ``options`` is its daemon.json, ``hosts`` the listeners of its command line."""

    version: str
    options: dict[str, Any] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=lambda: ["fd://"])

    @property
    def listeners(self) -> list[str]:
        return ["[::]:" + host.rpartition(":")[2] for host in self.hosts if host.startswith("tcp://0.0.0.0")]


def version_facts(daemon: Daemon, model: Model) -> dict[str, Any]:
    api, containerd, runc = RELEASES[daemon.version]
    return {
        "Version": daemon.version,
        "ApiVersion": api,
        "MinAPIVersion": "1.12" if daemon.version < "24" else "1.24",
        "Os": "linux",
        "Arch": model.platform,
        "KernelVersion": model.kernel,
        "Experimental": False,
        "Components": {"containerd": containerd, "runc": runc},
    }


def info_facts(daemon: Daemon, model: Model) -> dict[str, Any]:
    open_tcp = bool(daemon.listeners)
    warnings = ["WARNING: API is accessible on http://0.0.0.0:2375 without encryption."] if open_tcp else []
    if not model.limits_memory:
        warnings.append("WARNING: No memory limit support")
    if not model.limits_pids:
        warnings.append("WARNING: No pids limit support")
    return {
        "Driver": "overlay2",
        "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
        "DockerRootDir": "/var/lib/docker",
        "SecurityOptions": security_options(daemon, model),
        "LoggingDriver": daemon.options.get("log-driver", "json-file"),
        "LiveRestoreEnabled": daemon.options.get("live-restore", False),
        "AuthorizationPlugins": None,
        "InsecureRegistryCIDRs": ["127.0.0.0/8"],
        "InsecureIndexes": list(daemon.options.get("insecure-registries", [])),
        "Warnings": warnings or None,
        "MemoryLimit": model.limits_memory,
        "SwapLimit": model.limits_memory,
        "PidsLimit": model.limits_pids,
        "CpuCfsQuota": True,
        "CPUShares": True,
        "CgroupDriver": "systemd" if model.cgroups == "2" else "cgroupfs",
        "CgroupVersion": model.cgroups,
        "KernelVersion": model.kernel,
        "OperatingSystem": model.system,
        "Architecture": model.architecture,
        "NCPU": model.cpus,
        "MemTotal": model.memory,
        "ExperimentalBuild": False,
        "Debug": daemon.options.get("debug", False),
        "ServerVersion": daemon.version,
        "DefaultRuntime": "runc",
        "IndexServerAddress": "https://index.docker.io/v1/",
        "Swarm": {"LocalNodeState": "inactive", "ControlAvailable": False},
    }


def security_options(daemon: Daemon, model: Model) -> list[str]:
    profile = "default" if daemon.version < "23" else "builtin"
    options = ["name=apparmor"] if model.apparmor else []
    options += ["name=seccomp,profile=%s" % profile] if model.seccomp else []
    options += ["name=userns"] if daemon.options.get("userns-remap") else []
    return options + (["name=cgroupns"] if model.cgroups == "2" else [])


def daemon_facts(daemon: Daemon) -> dict[str, Any]:
    return {
        "Uid": 0,
        "Flags": {"hosts": list(daemon.hosts), "containerd": "/run/containerd/containerd.sock"},
        "FilePath": "/etc/docker/daemon.json",
        "File": dict(daemon.options) if daemon.options else None,
        "SocketActivated": ["/run/docker.sock"],
        "Listeners": daemon.listeners,
    }


def network_facts(daemon: Daemon, names: list[str]) -> list[dict[str, Any]]:
    """The engine's own three networks and those of the projects."""
    icc = "true" if daemon.options.get("icc", True) else "false"
    bridge = {
        "com.docker.network.bridge.default_bridge": "true",
        "com.docker.network.bridge.enable_icc": icc,
        "com.docker.network.bridge.name": "docker0",
    }
    found = [network("bridge", "bridge", bridge, [INTERNAL_BRIDGE % 17])]
    found += [network("host", "host", {}, []), network("none", "null", {}, [])]
    found += [network(name, "bridge", {}, [INTERNAL_BRIDGE % (18 + at)]) for at, name in enumerate(names)]
    return sorted(found, key=lambda one: str(one["Name"]))


def network(name: str, driver: str, options: dict[str, str], subnets: list[str]) -> dict[str, Any]:
    return {
        "Name": name,
        "Driver": driver,
        "Scope": "local",
        "Internal": False,
        "Attachable": False,
        "Ingress": False,
        "EnableIPv6": False,
        "Options": options,
        "Subnets": subnets,
    }
