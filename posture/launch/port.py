"""TCP ports of this machine: free ones, and who has a taken one."""

import errno
import os
import socket
from pathlib import Path

from posture.launch.trouble import Trouble

LISTENING = "0A"


def free_port() -> int:
    """A port on the loopback that nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(host: str, port: int) -> None:
    """Raise Trouble when we could not listen there; says who does where /proc tells."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Trouble(why_not(host, port, error)) from error


def why_not(host: str, port: int, error: OSError) -> str:
    """One sentence about a port that cannot be had."""
    if error.errno == errno.EADDRINUSE:
        owner = holder(port)
        return f"Port {port} is taken by {owner or 'another program'}: stop it, or choose another with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"{host} is not an address of this machine: give --listen one of those that `ip address` shows, or a name."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"This account may not listen on port {port}: choose one above 1023 with --port."
    return f"Port {port} on {host} cannot be used: {error.strerror}."


def holder(port: int) -> str | None:
    """The program that listens on a port, as "name (process 12)", or None where /proc does not tell us."""
    wanted = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    for path in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(os.readlink(entry) in wanted for entry in path.iterdir()):
                name = (path.parent / "comm").read_text(encoding="utf-8", errors="replace").strip()
                return f"{name} (process {path.parent.name})"
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue  # another user's process, or one that just ended
    return None


def listening_inodes(port: int) -> set[str]:
    """The inodes of the sockets that listen on a port, from the kernel's tables."""
    inodes: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes
