"""Where container engines listen: those that somebody names, else the usual sockets of this host."""

from __future__ import annotations

import os
import re
import socket
import stat

from .failures import UsageError
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Optional

DOCKER_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock")
PODMAN_SOCKETS = ("/run/podman/podman.sock",)
ROOTLESS_SOCKETS = ("docker.sock", "podman/podman.sock")  # below the run-time directory of their user
USERS = "/run/user"  # the run-time directories, named by uid
OF_USER = re.compile(r"unix://(?:/var)?/run/user/([0-9]{1,10})/")
CERTIFICATES = ("ca.pem", "cert.pem", "key.pem")


def endpoints(
    named: list[str], environment: Mapping[str, str], remembered: Any = list, certificates: Optional[str] = None
) -> list[str]:
    """The endpoints to read: those named, else DOCKER_HOST, else the usual sockets, else Docker's.

    ``remembered`` adds the sockets that were there before to those that are there now: an engine whose socket went
    must be seen as unreadable, not as gone with all of its findings. ``certificates``: see ``certificate_folder``.
    Those of ordinary users come last. Raises UsageError.
    """
    if not named and environment.get("DOCKER_HOST"):
        named = [environment["DOCKER_HOST"]]
    if named:
        return [canonical_endpoint(endpoint, certificates is not None) for endpoint in named]
    found = remembered(existing(environment)) or ["unix://" + DOCKER_SOCKETS[0]]
    return sorted(found, key=lambda endpoint: user_of(endpoint) is not None)


def certificate_folder(named: Optional[str], environment: Mapping[str, str]) -> Optional[str]:
    """The folder with ca.pem, cert.pem and key.pem for engines behind TCP; None where nobody asks for TLS.

    Named, else as Docker's client is told by DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.
    """
    if named:
        return named
    if not environment.get("DOCKER_TLS_VERIFY"):
        return None
    return environment.get("DOCKER_CERT_PATH") or os.path.join(environment.get("HOME") or "/root", ".docker")


def existing(environment: Mapping[str, str]) -> list[str]:
    """The usual sockets that exist, each once."""
    own = environment.get("XDG_RUNTIME_DIR")
    candidates = [path for path in DOCKER_SOCKETS + PODMAN_SOCKETS if os.path.exists(path)]
    if own:
        candidates += [path for path in (own + "/" + name for name in ROOTLESS_SOCKETS) if os.path.exists(path)]
    found, seen = [], set()
    for path in candidates + of_users():
        real = os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            found.append("unix://" + path)
    return found


def of_users() -> list[str]:
    """Sockets of rootless engines of whoever is logged in, as far as this account may look."""
    try:
        users = sorted(int(name) for name in os.listdir(USERS) if name.isdigit())
    except OSError:
        return []
    places = [(uid, "%s/%d/%s" % (USERS, uid, name)) for uid in users for name in ROOTLESS_SOCKETS]
    return [path for uid, path in places if is_socket_of(path, uid)]


def is_socket_of(path: str, uid: int) -> bool:
    """Whether a path is a socket of that user. No link: it could lead us to a socket that only root may use."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISSOCK(status.st_mode) and status.st_uid == uid


def user_of(endpoint: str) -> Optional[int]:
    """The uid in whose run-time directory a socket lies; None for any other endpoint."""
    found = OF_USER.match(endpoint)
    return int(found.group(1)) if found else None


def canonical_endpoint(text: str, secure: bool = False) -> str:
    """An endpoint as ``unix:///path``, ``tcp://host:port`` or, with TLS, ``https://host:port``.

    ``secure``: tcp means TLS. Raises UsageError for anything else.
    """
    if text.startswith("/"):
        return "unix://" + text
    scheme, _, rest = text.partition("://")
    if scheme == "unix" and rest.startswith("/"):
        return text
    host, _, port = rest.rstrip("/").rpartition(":")
    if scheme in ("tcp", "http", "https") and host and port.isdigit() and 0 < int(port) < 65536:
        safe = scheme == "https" or (scheme == "tcp" and secure)
        return "%s://%s:%s" % ("https" if safe else "tcp", host, port)
    raise UsageError(say("an engine is named unix:///PATH, tcp://HOST:PORT or https://HOST:PORT"))


def address_of(endpoint: str) -> tuple[str, int]:
    """Host and port of an endpoint behind TCP."""
    host, _, port = endpoint.partition("://")[2].rpartition(":")
    return host.strip("[]"), int(port)


def is_local(endpoint: str) -> bool:
    """Whether an endpoint leads to an engine on this very host."""
    if endpoint.startswith("unix://"):
        return True
    host = address_of(endpoint)[0]
    return host in ("localhost", "::1", socket.gethostname()) or host.startswith("127.")
