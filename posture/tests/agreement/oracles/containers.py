"""Section 5: every container, stopped ones too, from ``docker inspect`` and /proc of its main process."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from posture.tests.agreement.oracles import daemon
from posture.tests.agreement.oracles.truth import Oracle, Truth, none_of
from posture.tests.agreement.readings import Readings

NET_RAW = 1 << 13
SENSITIVE = ("/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr", "/root", "/run", "/var/lib/docker")
SOCKETS = ("/run/docker.sock", "/run/containerd/containerd.sock")
WILDCARDS = ("", "0.0.0.0", "::")
Offends = Callable[[Any], str]  # of one inspection: what offends, "" when nothing does


def every(offends: Offends) -> Oracle:
    """Pass when no container offends."""

    def oracle(readings: Readings) -> Truth:
        found = ((name, offends(one)) for name, one in readings.containers.items())
        return none_of([f"{name} {words}" for name, words in found if words], "docker inspect")

    return oracle


def host_config(key: str, bad: Callable[[Any], bool]) -> Oracle:
    """One key of HostConfig."""
    return every(lambda one: f"{key}={one['HostConfig'].get(key)!r}" if bad(one["HostConfig"].get(key)) else "")


def swarm_off(readings: Readings) -> Truth:
    state = readings.info["Swarm"]["LocalNodeState"]
    return ("pass" if state == "inactive" else "fail"), f"docker info: Swarm {state}"


def lsm(name: str) -> Oracle:
    """The kernel's own list of security modules: without the module nothing can be confined by it."""

    def oracle(readings: Readings) -> Truth:
        modules = Path("/sys/kernel/security/lsm")
        text = modules.read_text(encoding="utf-8").strip() if modules.exists() else "not told"
        said = f"docker info: {', '.join(readings.info['SecurityOptions'])}; lsm: {text}"
        if f"name={name}" in " ".join(readings.info["SecurityOptions"]):
            return "fail", said
        # One of the two has to be there; its want is told once, under AppArmor.
        return ("fail" if name == "apparmor" else "not_applicable"), said

    return oracle


def capabilities(readings: Readings) -> Truth:
    """Capabilities in the bounding set of each main process, and NET_RAW among them."""
    offenders = []
    for name, one in readings.containers.items():
        status = readings.process(name)
        config = one["HostConfig"]
        added = list(config["CapAdd"] or [])
        if status:
            raw = int(status["CapBnd"], 16) & NET_RAW
        else:
            dropped = {cap.upper().removeprefix("CAP_") for cap in config["CapDrop"] or []}
            raw = not dropped & {"ALL", "NET_RAW"}
        if raw or added or config["Privileged"]:
            offenders.append(f"{name} CapBnd={status.get('CapBnd', 'not running')} CapAdd={added}")
    return none_of(offenders, "/proc")


def bound(readings: Readings, one: Any) -> Iterator[tuple[str, str]]:
    """Real host path and rw or ro of each mount; of a volume what its driver binds (``docker volume inspect``)."""
    for mount in one["Mounts"]:
        path = mount["Source"]
        if mount["Type"] == "volume":
            options = json.loads(readings.engine.docker("volume", "inspect", mount["Name"]))[0]["Options"] or {}
            path = options.get("device", "") if "bind" in options.get("o", "") else ""
        if path:
            yield os.path.realpath(path), "rw" if mount["RW"] else "ro"


def within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def sensitive(readings: Readings) -> Truth:
    """A mounted path that is one of the listed trees, lies in one, or contains one."""
    offenders = [
        f"{name} mounts {path} {mode}"
        for name, one in readings.containers.items()
        for path, mode in bound(readings, one)
        if any(within(path, tree) or within(tree, path) for tree in SENSITIVE)
    ]
    return none_of(offenders, "docker inspect")


def socket(readings: Readings) -> Truth:
    """A mounted path below which an engine's socket lies, whatever the mode: a socket is not written as a file."""
    offenders = [
        f"{name} mounts {path}, where {known} is"
        for name, one in readings.containers.items()
        for path, _mode in bound(readings, one)
        for known in SOCKETS
        if within(known, path)
    ]
    return none_of(offenders, "docker inspect")


def ssh(readings: Readings) -> Truth:
    """``docker top`` of every running container; of one that does not run nobody can say."""
    servers, asleep = [], []
    for name, one in readings.containers.items():
        if not one["State"]["Running"]:
            asleep.append(name)
        elif "sshd" in readings.engine.docker("top", name) or "dropbear" in readings.engine.docker("top", name):
            servers.append(name)
    if not servers and asleep:
        return "unknown", f"not running, so no process to look at: {', '.join(asleep)}"
    return none_of(servers, "docker top")


def bindings(one: Any) -> Iterator[tuple[str, str]]:
    """Host address and port of each publication; of a stopped container those it will have."""
    ports = one["NetworkSettings"]["Ports"] if one["State"]["Running"] else one["HostConfig"]["PortBindings"]
    for found in (ports or {}).values():
        for binding in found or []:
            yield binding["HostIp"], binding["HostPort"]


def privileged_ports(readings: Readings) -> Truth:
    """Ports below 1024; what a container opens in the host's own network no publication tells."""
    own = {name: one for name, one in readings.containers.items() if one["HostConfig"]["NetworkMode"] != "host"}
    if readings.containers and not own:
        return "not_applicable", "docker inspect: NetworkMode host publishes nothing"
    low = [
        f"{name} {address}:{port}"
        for name, one in own.items()
        for address, port in bindings(one)
        if port and int(port) < 1024
    ]
    return none_of(low, "docker inspect")


def wildcard(readings: Readings) -> Truth:
    found = {name: list(bindings(one)) for name, one in readings.containers.items()}
    if not any(found.values()):
        return "not_applicable", "docker inspect: no container publishes a port"
    wide = [
        f"{name} {address or '*'}:{port}"
        for name, ports in found.items()
        for address, port in ports
        if address in WILDCARDS
    ]
    return none_of(wide, "docker inspect")


def shares(one: Any) -> str:
    config = one["HostConfig"]
    if config["CpuShares"] not in (0, 1024) or config["NanoCpus"] > 0 or config["CpuQuota"] > 0:
        return ""
    return f"CpuShares={config['CpuShares']} NanoCpus=0 CpuQuota={config['CpuQuota']}"


def restart(readings: Readings) -> Truth:
    """A container's own policy; of a swarm task that of its service, since the swarm restarts it."""
    unbounded = []
    for name, one in readings.containers.items():
        service = one["Config"]["Labels"].get("com.docker.swarm.service.name")
        policy = service_policy(readings, service) if service else one["HostConfig"]["RestartPolicy"]
        tries = policy.get("MaximumRetryCount", policy.get("MaxAttempts", 0))
        kind = policy.get("Name", policy.get("Condition", "any"))
        if not (kind in ("", "no", "none") or (kind == "on-failure" and 1 <= tries <= 5)):
            unbounded.append(f"{name} restarts {kind}, at most {tries or 'for ever'}")
    return none_of(unbounded, "docker inspect")


def service_policy(readings: Readings, service: str) -> Any:
    """The restart policy of a swarm service."""
    text = readings.engine.docker(
        "service", "inspect", "--format", "{{json .Spec.TaskTemplate.RestartPolicy}}", service
    )
    return json.loads(text) or {}


def needed_ports(_readings: Readings) -> Truth:
    """Which ports are needed no engine tells."""
    return "manual", "nobody declared which ports are needed"


def by_hand(what: str) -> Oracle:
    """A matter of the past that the engine does not keep."""
    return lambda _readings: ("manual", f"docker inspect does not tell {what}")


def devices(one: Any) -> str:
    """Single devices, or with --privileged all of the host's."""
    if one["HostConfig"]["Privileged"]:
        return "Privileged=True, which exposes every device"
    return ", ".join(device["PathOnHost"] for device in one["HostConfig"]["Devices"] or [])


def overrides(readings: Readings) -> Truth:
    """Limits that differ from the daemon's own defaults, which the engine writes into every container it creates."""
    defaults = list(dict(readings.configuration.get("default-ulimits", {})).values())
    own = {
        name: [limit["Name"] for limit in one["HostConfig"]["Ulimits"] or [] if limit not in defaults]
        for name, one in readings.containers.items()
    }
    return none_of([f"{name} {', '.join(limits)}" for name, limits in own.items() if limits], "docker inspect")


def propagation(readings: Readings) -> Truth:
    found = {name: [mount["Propagation"] for mount in one["Mounts"]] for name, one in readings.containers.items()}
    if not any(found.values()):
        return "not_applicable", "docker inspect: no container has a mount"
    shared = [name for name, modes in found.items() if {"shared", "rshared"} & set(modes)]
    return none_of(shared, "docker inspect, Propagation shared")


def seccomp(readings: Readings) -> Truth:
    """Seccomp of each main process, of one that does not run its options; then whether the filter refuses anything."""
    offenders = []
    wide = daemon.seccomp_file(readings)
    for name, one in readings.containers.items():
        status = readings.process(name)
        profile = next((opt[8:] for opt in one["HostConfig"]["SecurityOpt"] or [] if opt.startswith("seccomp")), wide)
        if one["HostConfig"]["Privileged"]:
            offenders.append(f"{name} Privileged=True")
        elif profile == "unconfined" or (status and status["Seccomp"] == "0"):
            offenders.append(f"{name} seccomp {profile}, Seccomp={status.get('Seccomp', 'not running')}")
        elif profile and daemon.refuses_nothing(profile):
            offenders.append(f"{name} has a profile that allows every call")
    return none_of(offenders, "/proc and docker inspect")


def privileges(readings: Readings) -> Truth:
    """NoNewPrivs of each main process; of one that does not run, its options."""
    offenders = []
    for name, one in readings.containers.items():
        status = readings.process(name)
        options = " ".join(one["HostConfig"]["SecurityOpt"] or [])
        kept = status["NoNewPrivs"] == "1" if status else "no-new-privileges" in options and "false" not in options
        if not kept:
            offenders.append(f"{name} NoNewPrivs={status.get('NoNewPrivs', 'not running')}")
    return none_of(offenders, "/proc")


def health(one: Any) -> str:
    test = (one["Config"].get("Healthcheck") or {}).get("Test")
    state = (one["State"].get("Health") or {}).get("Status", "")
    if not test or test == ["NONE"]:
        return "no health check"
    return "unhealthy" if state == "unhealthy" else ""


def default_bridge(one: Any) -> str:
    return "on bridge" if "bridge" in one["NetworkSettings"]["Networks"] else ""


def host_users(readings: Readings) -> Truth:
    """uid_map of each main process: identity means the host's own users."""
    shared = []
    for name, one in readings.containers.items():
        pid = one["State"]["Pid"]
        words = Path(f"/proc/{pid}/uid_map").read_text(encoding="utf-8").split() if pid else []
        remapped = "name=userns" in " ".join(readings.info["SecurityOptions"])
        if words[:2] == ["0", "0"] or (not pid and (not remapped or one["HostConfig"]["UsernsMode"] == "host")):
            shared.append(f"{name} uid_map {' '.join(words[:3]) or 'not running'}")
    return none_of(shared, "/proc")


def of_containers(oracle: Oracle) -> Oracle:
    """Nothing of a container applies to an engine that has none."""

    def asked(readings: Readings) -> Truth:
        if not readings.containers:
            return "not_applicable", "docker ps --all: no container"
        return oracle(readings)

    return asked


JUDGED: Mapping[str, Oracle] = {
    "5.2": lsm("apparmor"),
    "5.3": lsm("selinux"),
    "5.4": capabilities,
    "5.5": host_config("Privileged", bool),
    "5.6": sensitive,
    "5.7": ssh,
    "5.8": privileged_ports,
    "5.9": needed_ports,
    "5.10": host_config("NetworkMode", lambda mode: mode == "host"),
    "5.11": host_config("Memory", lambda memory: not memory),
    "5.12": every(shares),
    "5.13": host_config("ReadonlyRootfs", lambda value: not value),
    "5.14": wildcard,
    "5.15": restart,
    "5.16": host_config("PidMode", lambda mode: mode == "host"),
    "5.17": host_config("IpcMode", lambda mode: mode == "host"),
    "5.18": every(devices),
    "5.19": overrides,
    "5.20": propagation,
    "5.21": host_config("UTSMode", lambda mode: mode == "host"),
    "5.22": seccomp,
    "5.23": by_hand("docker exec --privileged"),
    "5.24": by_hand("docker exec --user root"),
    "5.25": host_config("CgroupParent", bool),
    "5.26": privileges,
    "5.27": every(health),
    "5.28": by_hand("which release of an image was fresh"),
    "5.29": host_config("PidsLimit", lambda limit: not limit or limit < 0),
    "5.30": every(default_bridge),
    "5.31": host_users,
    "5.32": socket,
}
ORACLES: Mapping[str, Oracle] = {
    "5.1": swarm_off,
    **{number: of_containers(oracle) for number, oracle in JUDGED.items()},
}
