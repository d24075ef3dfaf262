"""Owner and mode of the files a container host is judged by. Absent files are facts too."""

from __future__ import annotations

import os
import stat

from ..hostfiles import HostFiles
from ..reading import TOO_LARGE, Unreadable, reason_of
from .groups import group_names, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

# Where systemd looks for units, first come first served: systemd.unit(5). /lib is a folder of its own on old systems.
UNIT_FOLDERS = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
)
PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/bin")
CERTIFICATES = "/etc/docker/certs.d"
CONTAINERD_CONFIG = "/etc/containerd/config.toml"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
EXEC_ROOT, MANAGED = "/run/docker", "/containerd/containerd.sock"  # of a containerd that dockerd runs for itself
PROGRAMS = {  # names of each program's file; Docker brought its own containerd and runc under the second ones
    "docker": ("docker",),
    "dockerd": ("dockerd",),
    "containerd": ("containerd", "docker-containerd"),
    "containerd-shim": ("containerd-shim", "docker-containerd-shim"),
    "containerd-shim-runc-v1": ("containerd-shim-runc-v1",),
    "containerd-shim-runc-v2": ("containerd-shim-runc-v2",),
    "runc": ("runc", "docker-runc"),
}
KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISSOCK, "socket"))
MAX_FILES = 4096


def collect(files: HostFiles, engines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One File for each path of interest, sorted by purpose and path. Raises Unreadable where there are too many.

    ``engines``: the engines' facts; their endpoint, daemon options and data root name further files.
    """
    engines = list(engines)
    wanted = fixed(files) + certificates(files)
    wanted += [("containerd-socket", path) for path in containerd_sockets(files, engines)]
    for engine in engines:
        wanted += of_engine(files, engine)
    names = group_names(files)
    described = {pair: describe(files, pair[0], pair[1], names) for pair in wanted}
    if len(described) > MAX_FILES:
        raise Unreadable(TOO_LARGE, "There are more than %d files to look at." % MAX_FILES)
    return [described[pair] for pair in sorted(described)]


def fixed(files: HostFiles) -> list[tuple[str, str]]:
    """(purpose, path) of what every host may have."""
    pairs = [
        ("docker-config-directory", "/etc/docker"),
        ("docker-defaults", "/etc/default/docker"),
        ("docker-sysconfig", "/etc/sysconfig/docker"),
        ("containerd-config", CONTAINERD_CONFIG),
        ("containerd-state", "/run/containerd"),
    ]
    for purpose, name in (("docker-service-unit", "docker.service"), ("docker-socket-unit", "docker.socket")):
        pairs += [(purpose, path) for path in unit(files, name)]
    return pairs + [(name + "-binary", program(files, PROGRAMS[name])) for name in PROGRAMS]


def unit(files: HostFiles, name: str) -> list[str]:
    """The unit file that counts (its usual place where there is none) and the drop-ins that change it."""
    paths = [folder + "/" + name for folder in UNIT_FOLDERS]
    drop_ins: dict[str, str] = {}
    for folder in reversed([path + ".d" for path in paths]):
        drop_ins.update({each: folder + "/" + each for each in listing(files, folder) if each.endswith((".conf", "*"))})
    return [first(files, paths) or paths[-1], *drop_ins.values()]


def program(files: HostFiles, names: tuple[str, ...]) -> str:
    """The first of a program's files that exists; where there is none, its usual place.

    Links are resolved: an audit rule on a link watches the link, and who writes the program does not touch that.
    """
    places = [folder + "/" + name for name in names for folder in PROGRAM_FOLDERS]
    found = first(files, places)
    return files.resolved(found) if found else places[0]


def first(files: HostFiles, paths: Iterable[str]) -> str | None:
    """The first path that exists."""
    return next((path for path in paths if files.exists(path)), None)


def containerd_sockets(files: HostFiles, engines: list[dict[str, Any]]) -> list[str]:
    """containerd's socket: the address in its configuration, else the usual place, which dockerd takes where it is,
    else those of the containerds that daemons run for themselves, below the exec-root of each. None is named where a
    daemon that could not be read may have one."""
    usual = containerd_address(files) or first(files, [CONTAINERD_SOCKET])
    if usual:
        return [usual]
    roots = [EXEC_ROOT] + [daemon_options(engine).get("exec-root") or EXEC_ROOT for engine in engines]
    found = {files.resolved(os.path.normpath(root + MANAGED)) for root in roots if files.exists(root + MANAGED)}
    if not found and any(engine["Kind"] == "docker" and "Flags" not in engine.get("Daemon", {}) for engine in engines):
        return []
    return sorted(found) or [CONTAINERD_SOCKET]


def containerd_address(files: HostFiles) -> str | None:
    """The address in containerd's configuration; its default where that is left empty."""
    try:
        lines = files.text(CONTAINERD_CONFIG).splitlines()
    except OSError:
        lines = []
    section = ""
    for line in lines:
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == "grpc" and line.split("=")[0].strip() == "address":
            return line.split("=", 1)[1].strip().strip("\"'") or CONTAINERD_SOCKET
    return None


def certificates(files: HostFiles) -> list[tuple[str, str]]:
    """Every file below certs.d, keys apart from certificates; without any, the folder itself.

    A folder that may not be listed stands for the files in it: describing one of them fails with the true reason.
    """
    pairs = []
    for folder in [CERTIFICATES] + ["%s/%s" % (CERTIFICATES, name) for name in listing(files, CERTIFICATES)]:
        for name in listing(files, folder):
            purpose = "registry-key" if name.endswith(".key") else "registry-certificate"
            if folder != CERTIFICATES:
                pairs.append((purpose, folder + "/" + name))
    return pairs or [("registry-certificate", CERTIFICATES)]


def listing(files: HostFiles, folder: str) -> list[str]:
    """Names in a folder; one that may not be listed seems to hold ``*``, whose description fails with that reason."""
    try:
        return files.names(folder)
    except PermissionError:
        return ["*"]
    except OSError:
        return []


def of_engine(files: HostFiles, engine: dict[str, Any]) -> list[tuple[str, str]]:
    """(purpose, path) of the files that one engine's endpoint and configuration name."""
    pairs = []
    if engine["Endpoint"].startswith("unix://"):
        pairs.append(("engine-socket", files.resolved(engine["Endpoint"][len("unix://") :])))
    root = engine.get("Info", {}).get("DockerRootDir")
    if root:
        pairs.append(("data-root", root))
    if engine["Kind"] != "docker":
        return pairs
    daemon = engine.get("Daemon", {})
    pairs.append(("daemon-json", daemon.get("FilePath", "/etc/docker/daemon.json")))
    options = daemon_options(engine)
    for purpose, option in (("tls-ca", "tlscacert"), ("tls-certificate", "tlscert"), ("tls-key", "tlskey")):
        if options.get(option):
            pairs.append((purpose, os.path.normpath(options[option])))
        elif options.get("tls") or options.get("tlsverify"):
            name = {"tlscacert": "ca.pem", "tlscert": "cert.pem", "tlskey": "key.pem"}[option]
            pairs.append((purpose, "%s/.docker/%s" % (home(files, daemon.get("Uid", 0)), name)))  # dockerd's default
    return pairs


def daemon_options(engine: dict[str, Any]) -> dict[str, Any]:
    """What the engine's command line and daemon.json set, as far as they were read."""
    daemon = engine.get("Daemon", {})
    options = dict(daemon.get("File") or {})
    options.update(daemon.get("Flags", {}))
    return options


def home(files: HostFiles, uid: int) -> str:
    """The home directory of an account."""
    try:
        rows = records(files, "/etc/passwd", 7)
    except OSError:
        rows = []
    return next((row[5] for row in rows if int(row[2]) == uid), "/root")


def describe(files: HostFiles, purpose: str, path: str, names: dict[int, str]) -> dict[str, Any]:
    """File facts of one path, links followed."""
    facts: dict[str, Any] = {"Purpose": purpose, "Path": path[:4096]}
    try:
        status = files.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        facts["Kind"] = "absent"
        return facts
    except OSError as error:
        facts["Error"] = reason_of(error)
        return facts
    facts["Kind"] = next((word for test, word in KINDS if test(status.st_mode)), "other")
    facts.update(Uid=status.st_uid, Gid=status.st_gid, Mode=stat.S_IMODE(status.st_mode))
    if status.st_gid in names:
        facts["Group"] = names[status.st_gid]
    return facts
