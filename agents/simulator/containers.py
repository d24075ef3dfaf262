"""A service as the engine would describe its container."""

from __future__ import annotations

from typing import Any

from .images import RECIPES, image_id, tag_of
from .machines import Model
from .services import Service

DEFAULT_CAPABILITIES = 0xA80425FB  # the fourteen that Docker leaves to a container
ALL_CAPABILITIES = 0x1FFFFFFFFFF
BITS = {"CHOWN": 0, "SETGID": 6, "SETUID": 7, "NET_BIND_SERVICE": 10, "NET_RAW": 13}
# Bytes in the writable layers of services that keep data there; the others write a little.
WRITTEN = {"influxdb": 2**31, "player": 2**29, "node-red": 2**25, "portainer": 2**24, "db": 0, "debug-tools": 0}
MASKED = ["/proc/asound", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


def container_facts(service: Service, model: Model, *, sees_processes: bool) -> dict[str, Any]:
    """The container as it is sent. Its process is left out where the agent may not read it."""
    facts: dict[str, Any] = {
        "Name": service.container,
        "Image": image_id(RECIPES[service.image], service.release, model.platform),
        "State": state_of(service),
        "Config": config_of(service),
        "HostConfig": host_config(service),
        "Mounts": [mount_of(mount) for mount in service.mounts],
        "Ports": ports_of(service) if service.running else {},
        "Networks": ["host"] if service.host_network else list(service.networks) or ["bridge"],
        "AppArmorProfile": "" if not model.apparmor or service.privileged else "docker-default",
        "ProcessLabel": "",
        "MountLabel": "",
        "PrivilegedExecs": 0,
        "RootExecs": int(service.name == "debug-tools" and service.running),
        "Marks": marks_of(service),
    }
    if sees_processes:
        facts["WritableBytes"] = 0 if service.read_only else WRITTEN.get(service.name, 2**20)
    if not service.running:
        facts["Process"] = None
    elif sees_processes:
        facts["Process"] = process_of(service, model)
    return facts


def state_of(service: Service) -> dict[str, str]:
    healthy = "healthy" if service.health and service.running else "none"
    return {"Status": "running" if service.running else "exited", "Health": healthy}


def config_of(service: Service) -> dict[str, Any]:
    recipe = RECIPES[service.image]
    labels = {}
    if service.project:
        labels = {
            "com.docker.compose.project": service.project,
            "com.docker.compose.service": service.name,
            "com.docker.compose.container-number": "1",
            "com.docker.compose.project.config_files": "/srv/%s/compose.yaml" % service.project,
        }
    check = {"Kind": "CMD-SHELL", "Interval": 30_000_000_000, "Retries": 3} if service.health else None
    return {
        "User": service.user,
        "Image": tag_of(recipe, service.release),
        "EnvNames": sorted(service.environment),
        "Labels": labels,
        "LabelNames": sorted(labels),
        "Healthcheck": check,
        "ExposedPorts": [recipe.port],
        "Command": service.command,
    }


def host_config(service: Service) -> dict[str, Any]:
    network = "host" if service.host_network else (service.networks[0] if service.networks else "default")
    options = ["no-new-privileges:true"] if service.no_new_privileges else []
    return {
        "NetworkMode": network,
        "PidMode": "host" if service.host_pid else "",
        "IpcMode": "private",
        "UTSMode": "",
        "UsernsMode": "",
        "CgroupnsMode": "private",
        "CgroupParent": "",
        "Privileged": service.privileged,
        "PublishAllPorts": False,
        "ReadonlyRootfs": service.read_only,
        "AutoRemove": False,
        "CapAdd": list(service.kept) or None,
        "CapDrop": ["ALL"] if service.drop_all else None,
        "SecurityOpt": (options + (["label=disable"] if service.privileged else [])) or None,
        "GroupAdd": None,
        "Memory": service.memory,
        "MemorySwap": 2 * service.memory,
        "MemoryReservation": 0,
        "CpuShares": service.shares,
        "NanoCpus": 0,
        "CpuQuota": 0,
        "CpuPeriod": 0,
        "CpusetCpus": "",
        "PidsLimit": service.pids or None,
        "ShmSize": 64 * 2**20,
        "OomKillDisable": False,
        "Devices": [],
        "DeviceCgroupRules": None,
        "DeviceRequests": None,
        "Ulimits": None,
        "RestartPolicy": {"Name": service.restart, "MaximumRetryCount": service.retries},
        "LogConfig": {"Type": "json-file", "Options": []},
        "PortBindings": {port: [{"HostIp": ip, "HostPort": host}] for ip, host, port in service.ports},
        "Tmpfs": ["/tmp"] if service.read_only else None,  # noqa: S108 - a path inside an imaginary container
        "Runtime": "runc",
        "Init": None,
        "StorageOpt": None,
        "MaskedPaths": [] if service.privileged else MASKED,
        "ReadonlyPaths": [] if service.privileged else READ_ONLY,
    }


def mount_of(mount: tuple[str, str, bool]) -> dict[str, Any]:
    source, destination, writes = mount
    return {
        "Type": "bind",
        "Source": source,
        "RealSource": source.replace("/var/run/", "/run/"),
        "Destination": destination,
        "Mode": "rw" if writes else "ro",
        "RW": writes,
        "Propagation": "rprivate",
    }


def ports_of(service: Service) -> dict[str, Any]:
    found: dict[str, list[dict[str, str]]] = {}
    for ip, host, port in service.ports:
        bound = [{"HostIp": ip, "HostPort": host}]
        if ip == "0.0.0.0":  # noqa: S104 - the engine binds both families
            bound.append({"HostIp": "::", "HostPort": host})
        found[port] = bound
    return found


def marks_of(service: Service) -> list[dict[str, str]]:
    return [
        {"Pattern": "password-assignment", "Place": "Config.Env.%s" % name}
        for name in service.environment
        if name.endswith("PASSWORD")
    ]


def process_of(service: Service, model: Model) -> dict[str, Any]:
    """What /proc tells of the container's main process."""
    uid = {"nobody": 65534, "node-red": 1000, "influxdb": 1000, "": 0}.get(service.user)
    if uid is None:
        uid = int(service.user.partition(":")[0])
    bounding = capabilities_of(service)
    return {
        "Uid": uid,
        "ContainerUid": uid,
        "CapEff": "%016x" % (bounding if uid == 0 else 0),
        "CapBnd": "%016x" % bounding,
        "Seccomp": 0 if service.privileged or not model.seccomp else 2,
        "NoNewPrivs": int(service.no_new_privileges),
        "IdentityUidMap": True,
        "AppArmor": "docker-default (enforce)" if model.apparmor and not service.privileged else "unconfined",
        "SshServers": [],
        "Supervisors": ["supervisord"] if service.image.endswith("billing/app") else [],
    }


def capabilities_of(service: Service) -> int:
    if service.privileged:
        return ALL_CAPABILITIES
    bits = 0 if service.drop_all else DEFAULT_CAPABILITIES
    for name in service.kept:
        bits |= 1 << BITS[name]
    return bits
