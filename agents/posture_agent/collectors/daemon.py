"""The effective configuration of the running dockerd: which option the command line set, which one daemon.json."""

from __future__ import annotations

import json
import os

from ..hostfiles import HostFiles
from ..reading import MALFORMED, NOT_COLLECTED, reason_of
from . import flags, listeners, seccomp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULT_FILE = "/etc/docker/daemon.json"
PID_FILES = ("/var/run/docker.pid", "/run/docker.pid")
SOCKET_UNITS = ("/etc/systemd/system", "/run/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")
MAX_FILE = 1024 * 1024


def collect(files: HostFiles, peer: int | None) -> dict[str, Any]:
    """The daemon's facts. ``peer`` is the pid that listens on the engine's socket, where it is known."""
    pid = find_pid(files, peer)
    facts: dict[str, Any] = {}
    if pid is None:
        facts["FlagsError"] = facts["ListenersError"] = NOT_COLLECTED
    else:
        facts.update(read_process(files, pid))
    options = facts.get("Flags", {})
    if pid is None and peer is None:
        # Neither the socket nor /proc shows the daemon: it lives in another world than the files we see.
        facts["FileError"] = NOT_COLLECTED
    else:
        facts.update(read_file(files, config_path(files, options, facts.get("Uid", owner(files, peer) or 0), pid)))
    facts["SocketActivated"] = socket_unit(files, activated(options, peer, pid))
    profile = options.get("seccomp-profile") or (facts.get("File") or {}).get("seccomp-profile")
    if profile and profile not in ("builtin", "default", "unconfined"):
        facts["SeccompProfile"] = seccomp.read(files, profile)
    return facts


def find_pid(files: HostFiles, peer: int | None) -> int | None:
    """The pid of dockerd: the socket's listener, else the pid file's, else the only process of that name.

    Where systemd listens for it, the daemon is of the same user: each user's systemd starts that user's own.
    """
    if peer is not None and is_dockerd(files, peer):
        return peer
    uid = owner(files, peer)
    for path in PID_FILES:
        word = files.word(path) or ""
        if word.isdigit() and is_dockerd(files, int(word)) and uid in (None, owner(files, int(word))):
            return int(word)
    running = [int(name) for name in files.names("/proc") if name.isdigit() and is_dockerd(files, int(name))]
    own = [pid for pid in running if uid in (None, owner(files, pid))]
    return own[0] if len(own) == 1 else None


def owner(files: HostFiles, pid: int | None) -> int | None:
    """Effective uid of a process; None where it is not known."""
    try:
        return None if pid is None else files.stat("/proc/%d" % pid).st_uid
    except OSError:
        return None


def is_dockerd(files: HostFiles, pid: int) -> bool:
    """Whether a process is a Docker daemon (``docker daemon`` before 1.12 included)."""
    name = files.word("/proc/%d/comm" % pid)
    return name == "dockerd" or (name == "docker" and "daemon" in command_line(files, pid)[1:2])


def command_line(files: HostFiles, pid: int) -> list[str]:
    """The words of a process's command line; empty when it is gone or may not be read."""
    try:
        return files.text("/proc/%d/cmdline" % pid).rstrip("\0").split("\0")
    except OSError:
        return []


def read_process(files: HostFiles, pid: int) -> dict[str, Any]:
    """Uid, Flags and Listeners of the daemon's process, each with its own error."""
    facts: dict[str, Any] = {}
    try:
        facts["Uid"] = files.stat("/proc/%d" % pid).st_uid
        facts["Flags"] = flags.parse(command_line(files, pid)[1:])
    except (OSError, *MALFORMED) as error:
        facts["FlagsError"] = reason_of(error)
    try:
        facts["Listeners"] = listeners.collect(files, pid)
    except (OSError, *MALFORMED) as error:
        facts["ListenersError"] = reason_of(error)
    return facts


def config_path(files: HostFiles, options: dict[str, Any], uid: int, pid: int | None) -> str:
    """Where the daemon reads daemon.json: named by --config-file, the rootless place, else the default."""
    named = options.get("config-file")
    if named:
        return str(named)
    if not uid and not options.get("rootless"):
        return DEFAULT_FILE
    variables = process_environment(files, pid)
    home = variables.get("HOME") or next(
        (row.split(":")[5] for row in files.text("/etc/passwd").splitlines() if row.split(":")[2:3] == [str(uid)]), "/"
    )
    return os.path.join(variables.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "docker/daemon.json")


def process_environment(files: HostFiles, pid: int | None) -> dict[str, str]:
    """HOME and XDG_CONFIG_HOME of a process, the only variables that are looked at; empty when unreadable."""
    try:
        words = files.text("/proc/%d/environ" % pid).split("\0") if pid else []
    except OSError:
        return {}
    pairs = dict(word.split("=", 1) for word in words if "=" in word)
    return {name: pairs[name] for name in ("HOME", "XDG_CONFIG_HOME") if name in pairs}


def read_file(files: HostFiles, path: str) -> dict[str, Any]:
    """FilePath and File (null when there is none) or FileError."""
    facts: dict[str, Any] = {"FilePath": path[:4096]}
    try:
        facts["File"] = flags.from_file(json.loads(files.head(path, MAX_FILE)))
    except FileNotFoundError:
        facts["File"] = None
    except (OSError, *MALFORMED) as error:
        facts["FileError"] = reason_of(error)
    return facts


def activated(options: dict[str, Any], peer: int | None, pid: int | None) -> bool:
    """Whether systemd made the engine's socket: asked for by fd://, or listened on by another process than dockerd."""
    return any(host.startswith("fd:") for host in options.get("hosts", [])) or (
        peer is not None and pid not in (None, peer)
    )


def socket_unit(files: HostFiles, active: bool) -> list[str]:
    """ListenStream values of docker.socket with its drop-ins; an empty value resets the list, as systemd does."""
    if not active:
        return []
    streams: list[str] = []
    for path in socket_unit_files(files):
        for line in files.text(path).splitlines():
            name, separator, value = line.partition("=")
            if name.strip() == "ListenStream" and separator:
                streams = [*streams, value.strip()[:4096]] if value.strip() else []
    return streams


def socket_unit_files(files: HostFiles) -> list[str]:
    """The docker.socket unit that counts, and its drop-ins in order."""
    unit = [folder + "/docker.socket" for folder in SOCKET_UNITS if files.exists(folder + "/docker.socket")][:1]
    drop_ins: dict[str, str] = {}
    for folder in reversed(SOCKET_UNITS):
        place = folder + "/docker.socket.d"
        if files.exists(place):
            drop_ins.update({name: place + "/" + name for name in files.names(place) if name.endswith(".conf")})
    return unit + [drop_ins[name] for name in sorted(drop_ins)]
