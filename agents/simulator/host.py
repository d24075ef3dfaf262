"""What an agent sees of a machine beside its engine: kernel, people, sockets, disks and files."""

from __future__ import annotations

import hashlib
from typing import Any

from .machines import Model

# When the kernels of the models were built.
BUILT = {
    "6.1.0-26-amd64": "2024-09-30",
    "6.1.0-26-arm64": "2024-09-30",
    "5.15.0-122-generic": "2024-09-05",
    "6.6.51+rpt-rpi-2712": "2024-10-08",
    "6.6.51+rpt-rpi-v8": "2024-10-08",
    "6.1.21-v7+": "2023-04-03",
    "6.6.36-current-odroidxu4": "2024-07-02",
    "3.10.107-13": "2017-09-21",
}
CONFINEMENT = (
    "AUDIT AUDITSYSCALL BRIDGE_NETFILTER CFS_BANDWIDTH CGROUPS CGROUP_BPF CGROUP_DEVICE CGROUP_SCHED CPUSETS IPC_NS "
    "KEYS NAMESPACES NET_NS PID_NS UTS_NS"
)
ANY = "0.0.0.0"  # noqa: S104 - naming what is seen, not binding
SHARE_OF_LUKS = 3  # one machine in so many has its data on an encrypted device
# Files that look the same on every machine: purpose, path, kind, mode.
FILES = (
    ("containerd-binary", "/usr/bin/containerd", "file", 0o755),
    ("containerd-config", "/etc/containerd/config.toml", "file", 0o644),
    ("containerd-shim-binary", "/usr/bin/containerd-shim", "file", 0o755),
    ("containerd-shim-runc-v1-binary", "/usr/bin/containerd-shim-runc-v1", "absent", 0),
    ("containerd-shim-runc-v2-binary", "/usr/bin/containerd-shim-runc-v2", "file", 0o755),
    ("containerd-socket", "/run/containerd/containerd.sock", "socket", 0o660),
    ("containerd-state", "/run/containerd", "directory", 0o711),
    ("data-root", "/var/lib/docker", "directory", 0o710),
    ("docker-binary", "/usr/bin/docker", "file", 0o755),
    ("docker-config-directory", "/etc/docker", "directory", 0o755),
    ("docker-defaults", "/etc/default/docker", "file", 0o644),
    ("docker-service-unit", "/lib/systemd/system/docker.service", "file", 0o644),
    ("docker-socket-unit", "/lib/systemd/system/docker.socket", "file", 0o644),
    ("docker-sysconfig", "/etc/sysconfig/docker", "absent", 0),
    ("dockerd-binary", "/usr/bin/dockerd", "file", 0o755),
    ("registry-certificate", "/etc/docker/certs.d", "absent", 0),
    ("runc-binary", "/usr/bin/runc", "file", 0o755),
)


def fixed_files() -> list[dict[str, Any]]:
    found = []
    for purpose, path, kind, mode in FILES:
        file: dict[str, Any] = {"Purpose": purpose, "Path": path, "Kind": kind}
        if kind != "absent":
            file.update(Uid=0, Gid=0, Group="root", Mode=mode)
        found.append(file)
    return found


def lot(name: str, of: int) -> int:
    """A number below ``of``, always the same for the same machine."""
    return int(hashlib.sha256(("host " + name).encode()).hexdigest()[:8], 16) % of


def kernel_facts(model: Model) -> dict[str, Any]:
    """Settings, configuration and age of the kernel. The vendor's of 2014 has none of the three settings."""
    config = dict.fromkeys(CONFINEMENT.split(), "y")
    for names, there in (
        (("MEMCG",), model.limits_memory),
        (("CGROUP_PIDS",), model.limits_pids),
        (("SECCOMP", "SECCOMP_FILTER"), model.seccomp),
        (("SECURITY_APPARMOR",), model.apparmor),
        (("SECURITY_SELINUX",), False),
        (("USER_NS",), model.user_namespaces),
    ):
        config.update(dict.fromkeys(names, "y" if there else "n"))
    debian = model.system_id == "debian"
    return {
        "Sysctls": {
            "kernel.apparmor_restrict_unprivileged_userns": "",
            "kernel.unprivileged_userns_clone": "1" if debian and model.user_namespaces else "",
            "user.max_user_namespaces": "31231" if model.user_namespaces else "",
        },
        "KernelConfig": {"CONFIG_" + name: config[name] for name in sorted(config)},
        "KernelBuilt": BUILT[model.kernel] + "T00:00:00Z",
    }


def people_facts(members: list[str], *, rooted: bool) -> dict[str, Any]:
    """Accounts of the docker group; ``alarm`` is the one that images of boards ship. Only root sees who is locked."""
    accounts = []
    for number, name in enumerate(sorted(members)):
        default = name == "alarm"
        account: dict[str, Any] = {
            "Name": name,
            "Uid": 1000 + number,
            "LoginShell": True,
            "Groups": sorted(["docker", name] + (["wheel"] if default else [])),
            "Default": default,
        }
        if rooted:
            changed = "2016-02-11" if default else "2025-09-01"
            account.update(Unlocked=default, PasswordChanged=changed + "T00:00:00Z")
        else:
            account["Error"] = "not_permitted"
        accounts.append(account)
    sudoers = {"Sudoers": ["%sudo", "%wheel", "root"]} if rooted else {}
    return dict({"Accounts": accounts}, **sudoers)


def storage_facts(name: str) -> dict[str, Any]:
    """Some machines have an encrypted volume below the data root, some a plain one, the others nothing of its own."""
    mounts = [mount("/", "259:2", "/dev/nvme0n1p2")]
    devices: list[dict[str, Any]] = [
        {"Device": "259:0", "Name": "nvme0n1", "Parents": []},
        {"Device": "259:2", "Name": "nvme0n1p2", "Parents": ["259:0"]},
    ]
    if lot(name, SHARE_OF_LUKS) == 0:
        mounts.append(mount("/var/lib/docker", "253:0", "/dev/mapper/docker"))
        devices.append({"Device": "253:0", "Name": "dm-0", "Mapping": "CRYPT-LUKS2", "Parents": ["259:3"]})
    elif lot(name, SHARE_OF_LUKS) == 1:
        mounts.append(mount("/var/lib/docker", "259:3", "/dev/nvme0n1p3"))
    if len(mounts) > 1:
        devices.append({"Device": "259:3", "Name": "nvme0n1p3", "Parents": ["259:0"]})
    return {
        "Mounts": mounts,
        "Partitions": [one["MountPoint"] for one in mounts],
        "BlockDevices": sorted(devices, key=lambda one: str(one["Device"])),
    }


def mount(point: str, device: str, source: str) -> dict[str, str]:
    options = "rw,relatime"
    return {
        "MountPoint": point,
        "Type": "ext4",
        "Source": source,
        "Root": "/",
        "Device": device,
        "Options": options,
    }


def listener_facts(name: str, members: list[str], engine: list[str], *, rooted: bool) -> list[dict[str, Any]]:
    """sshd everywhere; boards announce themselves, some servers export metrics or forgot rpcbind."""
    found = [("tcp", ANY, 22, "sshd"), ("tcp", "::", 22, "sshd")]
    board = "alarm" in members
    found += [("udp", ANY, 5353, "avahi-daemon")] if board else [("tcp", "::", 9100, "node_exporter")]
    found += [("tcp", ANY, 111, "rpcbind"), ("udp", ANY, 111, "rpcbind")] if lot(name, 4) == 0 else []
    for endpoint in engine:
        address, _, port = endpoint.rpartition(":")
        found.append(("tcp", address.strip("[]"), int(port), "dockerd"))
    return [listener(*one, rooted=rooted) for one in sorted(found)]


def listener(protocol: str, address: str, port: int, program: str, *, rooted: bool) -> dict[str, Any]:
    """One socket; only root sees which program holds it."""
    facts: dict[str, Any] = {"Protocol": protocol, "Address": address, "Port": port}
    return dict(facts, Program=program) if rooted else facts
