"""Where a daemon listens on TCP, from every place that can say so."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import UnsetType

from posture.facts.observed import of_error
from posture.facts.options import Options
from posture.facts.values import Unseen
from posture.facts.wire.engine import DaemonConfig

_DEFAULT_PORT = "2375"
_LOOPBACK = "127.0.0.1"
_WARNING = re.compile(r"API is accessible on https?://(\S+)")
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.%]*\]|[^:/\[\]]*):([0-9]{1,5})")
_SWARM_PORTS = frozenset({"2377", "7946"})  # cluster management and gossip, their own TLS


@dataclass(frozen=True, slots=True)
class Listeners:
    """``endpoints``: tcp://address:port of every known one. ``open``: those the engine itself warns of.
    ``complete``: nothing was hidden that could name another."""

    endpoints: tuple[str, ...]
    open: tuple[str, ...]
    complete: bool
    unseen: Unseen


def canonical_endpoint(host: str) -> str | None:
    """``tcp://address:port`` of a -H value, or None when it is not TCP.

    "tcp://", "tcp://:2375", "0.0.0.0:2375", ":2375" and a bare address are TCP; without an address dockerd takes
    loopback, without a port 2375. Source: moby opts/hosts.go.
    """
    text = host.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = (text, "") if text in ("tcp", "unix", "fd", "npipe") else ("tcp", text)
    if scheme.lower() not in ("tcp", "http", "https") or text.startswith("/") or not text:
        return None
    return f"tcp://{_authority(rest.split('/')[0])}"


def _authority(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return f"{text or _LOOPBACK}:{_DEFAULT_PORT}"
    return f"{found[1] or _LOOPBACK}:{found[2]}"


def stream_endpoint(stream: str) -> str | None:
    """``tcp://…`` of a systemd ListenStream: a port alone is every address; a path or vsock is not TCP."""
    text = stream.strip()
    if text.isdigit():
        return f"tcp://[::]:{text}"
    if text.startswith(("/", "@", "vsock:", "unix:")) or ":" not in text:
        return None
    return f"tcp://{_authority(text)}"


def daemon_listeners(
    daemon: DaemonConfig | UnsetType, options: Options, warnings: Iterable[str], *, swarm: bool, unseen: Unseen
) -> Listeners:
    """All TCP endpoints of the API.

    ``swarm``: the daemon also listens for its cluster. ``unseen``: why, when nothing is known of the daemon.
    """
    hosts, complete = options.known_texts("hosts")
    endpoints = [endpoint for host in hosts if (endpoint := canonical_endpoint(host)) is not None]
    warned = [f"tcp://{_authority(found[1].rstrip('.,'))}" for text in warnings if (found := _WARNING.search(text))]
    if isinstance(daemon, UnsetType):
        return Listeners(_unique(endpoints + warned), _unique(warned), False, unseen)
    if not isinstance(daemon.SocketActivated, UnsetType):
        streams = daemon.SocketActivated
        endpoints += [endpoint for stream in streams if (endpoint := stream_endpoint(stream)) is not None]
    elif any(host.startswith("fd:") for host in hosts):
        complete = False
    if isinstance(daemon.Listeners, UnsetType):
        known = _with_new_ports(endpoints, warned)
        return Listeners(_unique(known), _unique(warned), complete, of_error(daemon.ListenersError))
    other = _other_ports(options, swarm)
    true = [f"tcp://{text}" for text in daemon.Listeners if text.rpartition(":")[2] not in other]
    known = _with_new_ports(_with_new_ports(endpoints, true), warned)
    return Listeners(_unique(known), _unique(warned), True, unseen)


def _other_ports(options: Options, swarm: bool) -> frozenset[str]:
    """Ports on which dockerd listens for something other than the API."""
    metrics = options.text("metrics-addr", "")
    other = frozenset() if isinstance(metrics, Unseen) else frozenset({metrics.rpartition(":")[2]})
    return other | _SWARM_PORTS if swarm else other


def _with_new_ports(known: list[str], more: Iterable[str]) -> list[str]:
    """A socket whose port a configured endpoint explains is that endpoint."""
    ports = {endpoint.rpartition(":")[2] for endpoint in known}
    return known + [endpoint for endpoint in more if endpoint.rpartition(":")[2] not in ports]


def _unique(endpoints: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(endpoints)))
