"""Section 2: the daemon, from ``docker info``, its command line, its configuration file, its sockets and /proc."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posture.tests.agreement.oracles.truth import Oracle, Truth, holds, none_of
from posture.tests.agreement.readings import Readings

LOCAL = ("127.", "localhost", "[::1]")
REMOTE_DRIVERS = ("syslog", "gelf", "fluentd", "splunk", "awslogs", "gcplogs", "logentries")


def option(readings: Readings, flag: str, key: str, default: Any) -> tuple[Any, str]:
    """An option's value and where it stands: the command line, else the configuration file, else the default."""
    for word in readings.command_line:
        if word == f"--{flag}" or word.startswith(f"--{flag}="):
            return word.partition("=")[2] or True, f"command line: {word}"
    if key in readings.configuration:
        return readings.configuration[key], f"daemon.json: {key} = {readings.configuration[key]}"
    return default, f"neither command line nor daemon.json sets {key}"


def truth_of(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1", "t")


def rootless(readings: Readings) -> Truth:
    lines = Path(f"/proc/{readings.engine.pid}/status").read_text(encoding="utf-8").splitlines()
    uid = next(line.split()[2] for line in lines if line.startswith("Uid:"))
    return holds(uid != "0", f"/proc: dockerd runs with effective uid {uid}")


def icc(readings: Readings) -> Truth:
    value = readings.engine.docker(
        "network", "inspect", "--format", '{{index .Options "com.docker.network.bridge.enable_icc"}}', "bridge"
    )
    return holds(value == "false", f"docker network inspect bridge: enable_icc {value}")


def log_level(readings: Readings) -> Truth:
    value, where = option(readings, "log-level", "log-level", "info")
    if readings.info["Debug"]:
        return "fail", "docker info: Debug True"
    return holds(value == "info", where)


def iptables(readings: Readings) -> Truth:
    value, where = option(readings, "iptables", "iptables", True)
    return holds(truth_of(value), where)


def registries(readings: Readings) -> Truth:
    found = readings.info["RegistryConfig"]
    ranges = [one for one in found["InsecureRegistryCIDRs"] or [] if not one.startswith("127.") and one != "::1/128"]
    indexes = [name for name, index in found["IndexConfigs"].items() if not index["Secure"]]
    return none_of([*ranges, *indexes], "docker info: insecure registries")


def aufs(readings: Readings) -> Truth:
    return holds(readings.info["Driver"] != "aufs", f"docker info: Driver {readings.info['Driver']}")


def tls(readings: Readings) -> Truth:
    """A TCP socket of dockerd that is none of the swarm's, and whether the daemon asks for certificates."""
    swarm = (":2377 ", ":7946 ")
    mine = [
        " ".join(line.split())
        for line in readings.sockets.splitlines()
        if f"pid={readings.engine.pid}," in line and not any(port in line for port in swarm)
    ]
    if not mine:
        return "pass", "ss: dockerd listens on no TCP socket of its API"
    verified, where = option(readings, "tlsverify", "tlsverify", False)
    return holds(truth_of(verified), f"ss: {mine[0]}; {where}")


def ulimits(readings: Readings) -> Truth:
    value, where = option(readings, "default-ulimit", "default-ulimits", None)
    return holds(bool(value), where)


def remapped(readings: Readings) -> Truth:
    text = " ".join(readings.info["SecurityOptions"])
    return holds("name=userns" in text or "name=rootless" in text, f"docker info: SecurityOptions {text}")


def cgroup_parent(readings: Readings) -> Truth:
    value, where = option(readings, "cgroup-parent", "cgroup-parent", "")
    return holds(not value, where)


def base_size(readings: Readings) -> Truth:
    if readings.info["Driver"] != "devicemapper":
        return "not_applicable", f"docker info: Driver {readings.info['Driver']}"
    return holds("dm.basesize" not in " ".join(readings.command_line), "command line")


def authorization(readings: Readings) -> Truth:
    plugins = readings.info["Plugins"]["Authorization"]
    return holds(bool(plugins), f"docker info: Plugins.Authorization {plugins}")


def remote_logs(readings: Readings) -> Truth:
    driver = readings.info["LoggingDriver"]
    options, _ = option(readings, "log-opt", "log-opts", {})
    address = next((value for key, value in dict(options).items() if key.endswith("address")), "")
    host = str(address).partition("://")[2] or str(address)
    leaves = driver in REMOTE_DRIVERS and bool(host) and not host.startswith(LOCAL)
    return holds(leaves, f"docker info: LoggingDriver {driver}, address {address or 'none'}")


def no_new_privileges(readings: Readings) -> Truth:
    value, where = option(readings, "no-new-privileges", "no-new-privileges", False)
    return holds(truth_of(value), where)


def live_restore(readings: Readings) -> Truth:
    state = readings.info["Swarm"]["LocalNodeState"]
    if state != "inactive":
        return "not_applicable", f"docker info: Swarm {state}, which rules live restore out"
    value = readings.info["LiveRestoreEnabled"]
    return holds(value, f"docker info: LiveRestoreEnabled {value}")


def userland_proxy(readings: Readings) -> Truth:
    value, where = option(readings, "userland-proxy", "userland-proxy", True)
    return holds(not truth_of(value), where)


def seccomp_file(readings: Readings) -> str:
    """The text of a daemon-wide profile of the operator's; "" for the engine's own, "unconfined" for none."""
    value, _where = option(readings, "seccomp-profile", "seccomp-profile", "")
    return value if value in ("", "unconfined") else Path(value).read_text(encoding="utf-8")


def refuses_nothing(profile: str) -> bool:
    """Whether the filter allows by default and names no exception."""
    parsed = json.loads(profile)
    return parsed["defaultAction"] == "SCMP_ACT_ALLOW" and not parsed.get("syscalls")


def seccomp(readings: Readings) -> Truth:
    text = next((one for one in readings.info["SecurityOptions"] if one.startswith("name=seccomp")), "none")
    return holds("profile=default" in text or "profile=builtin" in text, f"docker info: {text}")


def experimental(readings: Readings) -> Truth:
    value = readings.info["ExperimentalBuild"]
    return holds(not value, f"docker info: ExperimentalBuild {value}")


ORACLES: Mapping[str, Oracle] = {
    "2.1": rootless,
    "2.2": icc,
    "2.3": log_level,
    "2.4": iptables,
    "2.5": registries,
    "2.6": aufs,
    "2.7": tls,
    "2.8": ulimits,
    "2.9": remapped,
    "2.10": cgroup_parent,
    "2.11": base_size,
    "2.12": authorization,
    "2.13": remote_logs,
    "2.14": no_new_privileges,
    "2.15": live_restore,
    "2.16": userland_proxy,
    "2.17": seccomp,
    "2.18": experimental,
}
