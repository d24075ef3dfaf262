"""Whether this machine's container engine can be read; the product runs without."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

SOCKETS = (Path("/var/run/docker.sock"), Path("/run/podman/podman.sock"))


def trouble_with_engine(environment: Mapping[str, str]) -> str | None:
    """One sentence about why no engine can be read and what to do, or None."""
    named = environment.get("DOCKER_HOST", "")
    if named and not named.startswith("unix://"):
        return None  # a remote engine: the agent itself says what it meets
    paths = [Path(named.removeprefix("unix://"))] if named else list(own_sockets(environment))
    refused = [path for path in paths if not can_connect(path) and is_there(path)]
    if any(can_connect(path) for path in paths):
        return None
    if refused:
        return (
            f"This account may not read the engine's socket {refused[0]}. Start bin/up as root, or grant it with "
            f"`sudo usermod -aG docker {environment.get('USER', 'NAME')}` and a new sign-in "
            "(that is as much as giving it root)."
        )
    return (
        f"No container engine answers at {paths[0]}: the host is shown without one. Set DOCKER_HOST if it is elsewhere."
    )


def own_sockets(environment: Mapping[str, str]) -> list[Path]:
    """Where engines listen by custom: of the system, and of this user when rootless."""
    runtime = environment.get("XDG_RUNTIME_DIR")
    rootless = [Path(runtime) / "docker.sock", Path(runtime) / "podman" / "podman.sock"] if runtime else []
    return [*SOCKETS, *rootless]


def is_there(path: Path) -> bool:
    """Whether there is a socket, even one that we may not see."""
    try:
        return path.is_socket()
    except PermissionError:
        return True


def can_connect(path: Path) -> bool:
    """Whether something takes our call."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
    return True
