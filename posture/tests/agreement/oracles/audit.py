"""Section 1: partitions, people, audit rules, versions. Read with findmnt, getent, auditctl and the engine's client."""

from collections.abc import Callable, Mapping
from pathlib import Path

from posture.tests.agreement.oracles.truth import Oracle, Truth, holds, none_of
from posture.tests.agreement.readings import Readings
from posture.tests.agreement.world import call

PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/lib/systemd/system")


def own_partition(readings: Readings) -> Truth:
    root = readings.info["DockerRootDir"]
    if "name=userns" in " ".join(readings.info["SecurityOptions"]):
        root = str(Path(root).parent)
    there, slash = (
        call("findmnt", "--noheadings", "--output", "TARGET,MAJ:MIN", "--target", path).split() for path in (root, "/")
    )
    return holds(
        there[0] == root and there[1] != slash[1], f"findmnt {root}: on {there[0]}, device {there[1]}; / is {slash[1]}"
    )


def trusted_people(_readings: Readings) -> Truth:
    """Nobody is named as trusted, so everybody in the group is one too many, also by the primary group."""
    _name, _password, gid, members = call("getent", "group", "docker").strip().split(":")
    primary = [line.split(":")[0] for line in call("getent", "passwd").splitlines() if line.split(":")[3] == gid]
    return none_of([*filter(None, members.split(",")), *primary], "getent group docker and passwd")


def covered(readings: Readings, path: str) -> Truth:
    """Whether the first loaded rule on this very path, or on a directory above it, records writes and attributes."""
    for rule in readings.audit:
        words = rule.split()
        if words[0] == "-w":
            watched, permissions, action = words[1], words[words.index("-p") + 1], "always"
        else:
            fields = dict(word.split("=", 1) for word in words if "=" in word)
            watched, permissions = fields.get("dir", fields.get("path", "")), fields.get("perm", "")
            action = words[1].partition(",")[0]
        reaches = path == watched or (Path(watched).is_dir() and path.startswith(f"{watched.rstrip('/')}/"))
        if reaches and {"w", "a"} <= set(permissions):
            return ("pass" if action == "always" else "fail"), f"auditctl -l: {without_key(rule)}"
    return "fail", f"auditctl -l: no rule records writes to {path}, of {'; '.join(map(without_key, readings.audit))}"


def without_key(rule: str) -> str:
    return rule.partition(" -k ")[0].partition(" -F key=")[0]


def audited(find: Callable[[Readings], str]) -> Oracle:
    def oracle(readings: Readings) -> Truth:
        path = find(readings)
        if not Path(path).exists():
            return "not_applicable", f"there is no {path}"
        return covered(readings, str(Path(path).resolve()))

    return oracle


def fixed(path: str) -> Callable[[Readings], str]:
    return lambda _readings: path


def program(name: str) -> Callable[[Readings], str]:
    places = [f"{folder}/{name}" for folder in PROGRAM_FOLDERS]
    return lambda _readings: next((place for place in places if Path(place).exists()), places[0])


def unit(name: str) -> Callable[[Readings], str]:
    places = [f"{folder}/{name}" for folder in UNIT_FOLDERS]
    return lambda _readings: next((place for place in places if Path(place).exists()), places[-1])


def data_root(readings: Readings) -> str:
    return str(readings.info["DockerRootDir"])


def supported(readings: Readings) -> Truth:
    """By hand: 23.0 to 28 are the branches that Docker's own release notes still named in 2025."""
    version = str(readings.info["ServerVersion"])
    return holds(int(version.split(".")[0]) >= 28, f"docker info: ServerVersion {version}")


ORACLES: Mapping[str, Oracle] = {
    "1.1.1": own_partition,
    "1.1.2": trusted_people,
    "1.1.3": audited(program("dockerd")),
    "1.1.4": audited(fixed("/run/containerd")),
    "1.1.5": audited(data_root),
    "1.1.6": audited(fixed("/etc/docker")),
    "1.1.7": audited(unit("docker.service")),
    "1.1.8": audited(lambda readings: readings.containerd_socket),
    "1.1.9": audited(unit("docker.socket")),
    "1.1.10": audited(fixed("/etc/default/docker")),
    "1.1.11": audited(lambda readings: readings.configuration_path),
    "1.1.12": audited(fixed("/etc/containerd/config.toml")),
    "1.1.13": audited(fixed("/etc/sysconfig/docker")),
    "1.1.14": audited(program("containerd")),
    "1.1.15": audited(program("containerd-shim")),
    "1.1.16": audited(program("containerd-shim-runc-v1")),
    "1.1.17": audited(program("containerd-shim-runc-v2")),
    "1.1.18": audited(program("runc")),
    "1.2.2": supported,
}
