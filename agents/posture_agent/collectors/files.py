"""Owner and mode of the files a container host is judged by. Absent files are facts too."""

from __future__ import annotations

import os
import stat

from ..hostfiles import HostFiles
from ..reading import reason_of
from .groups import group_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

UNIT_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
)
PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/bin")
CERTIFICATES = "/etc/docker/certs.d"
CONTAINERD_CONFIG = "/etc/containerd/config.toml"
CONTAINERD_SOCKETS = ("/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock")
PROGRAMS = (
    "dockerd",
    "containerd",
    "containerd-shim",
    "containerd-shim-runc-v1",
    "containerd-shim-runc-v2",
    "runc",
)
KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISSOCK, "socket"))
MAX_FILES = 4096


def collect(files: HostFiles, engines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One File for each path of interest, sorted by purpose and path.

    ``engines``: the engines' facts; their endpoint, daemon options and data root name further files.
    """
    wanted = fixed(files) + certificates(files)
    for engine in engines:
        wanted += of_engine(files, engine)
    names = group_names(files)
    described = {pair: describe(files, pair[0], pair[1], names) for pair in wanted}
    return [described[pair] for pair in sorted(described)][:MAX_FILES]


def fixed(files: HostFiles) -> list[tuple[str, str]]:
    """(purpose, path) of what every host may have."""
    pairs = [
        ("docker-service-unit", first(files, UNIT_FOLDERS, "docker.service")),
        ("docker-socket-unit", first(files, UNIT_FOLDERS, "docker.socket")),
        ("docker-config-directory", "/etc/docker"),
        ("docker-defaults", "/etc/default/docker"),
        ("docker-sysconfig", "/etc/sysconfig/docker"),
        ("containerd-config", CONTAINERD_CONFIG),
        ("containerd-state", "/run/containerd"),
        ("containerd-socket", containerd_socket(files)),
    ]
    return pairs + [(name + "-binary", first(files, PROGRAM_FOLDERS, name)) for name in PROGRAMS]


def first(files: HostFiles, folders: Iterable[str], name: str) -> str:
    """The first folder's file of that name that exists; where there is none, its usual place."""
    places = [folder + "/" + name for folder in folders]
    usual = places[-1] if name.startswith("docker.") else places[0]
    return next((place for place in places if files.exists(place)), usual)


def containerd_socket(files: HostFiles) -> str:
    """containerd's socket: the address in its configuration, else the usual place, else the one dockerd manages."""
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
            return line.split("=", 1)[1].strip().strip("\"'") or CONTAINERD_SOCKETS[0]
    return next((path for path in CONTAINERD_SOCKETS if files.exists(path)), CONTAINERD_SOCKETS[0])


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
    options = dict(daemon.get("File") or {})
    options.update(daemon.get("Flags", {}))
    for purpose, option in (("tls-ca", "tlscacert"), ("tls-certificate", "tlscert"), ("tls-key", "tlskey")):
        if options.get(option):
            pairs.append((purpose, os.path.normpath(options[option])))
        elif options.get("tls") or options.get("tlsverify"):
            name = {"tlscacert": "ca.pem", "tlscert": "cert.pem", "tlskey": "key.pem"}[option]
            pairs.append((purpose, "/root/.docker/" + name))  # dockerd's default for a daemon run by root
    return pairs


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
