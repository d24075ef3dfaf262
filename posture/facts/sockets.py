"""Sockets of the host that are open to other machines, without those that the engines publish for containers."""

import ipaddress
from collections.abc import Iterable

from msgspec import UnsetType

from posture.facts.observed import SourceReasons, of_error
from posture.facts.ports import bracketed, is_wildcard, published
from posture.facts.values import Unseen, Value
from posture.facts.wire.engine import Engine
from posture.facts.wire.host import Listener
from posture.facts.wire.snapshot import Facts

# Programs that hold published ports for the engines, maybe on another address than the container's.
_PROXIES = frozenset(("docker-proxy", "rootlessport", "rootlesskit", "pasta", "pasta.avx2", "slirp4netns"))
_DHCP_CLIENT = frozenset((("udp", 68), ("udp", 546)))
Place = tuple[str, str, int]  # protocol, address, port


def listener_facts(facts: Facts, reasons: SourceReasons) -> dict[str, Value]:
    """Listeners, ListeningPorts and ListeningCount."""
    found = open_listeners(facts, reasons)
    if isinstance(found, Unseen):
        return {"Listeners": found, "ListeningPorts": found, "ListeningCount": found}
    ports = sorted({(one.Port, one.Protocol) for one in found})
    return {
        "Listeners": tuple(sorted({_written(one) for one in found})),
        "ListeningPorts": tuple(f"{port}/{protocol}" for port, protocol in ports),
        "ListeningCount": len(ports),
    }


def open_listeners(facts: Facts, reasons: SourceReasons) -> tuple[Listener, ...] | Unseen:
    """Those that other machines reach. Unseen when a container that could not be inspected may explain one of them."""
    listeners = facts.Host.Listeners
    if isinstance(listeners, UnsetType):
        return reasons.of("host.listeners")
    places: set[Place] = set()
    hidden: Unseen | None = None
    for engine in facts.Engines:
        for seen in _published(engine, reasons):
            if isinstance(seen, Unseen):
                hidden = seen
            else:
                places.add(seen)
    left = tuple(one for one in listeners if not _is_local(one) and not _is_published(one, places))
    nameless = any(isinstance(one.Program, UnsetType) or one.Program in _PROXIES for one in left)
    return hidden if hidden is not None and nameless else left


def _is_local(listener: Listener) -> bool:
    """Loopback, or the client that asks for the host's own address."""
    if (listener.Protocol, listener.Port) in _DHCP_CLIENT:
        return True
    try:
        address = ipaddress.ip_address(listener.Address.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _is_published(listener: Listener, places: set[Place]) -> bool:
    """Nobody else can hold the very address and port that an engine publishes; its own programs may hold the port on
    another one. Their name alone says nothing: anybody can give it to a process."""
    address = "*" if is_wildcard(listener.Address) else listener.Address
    if listener.Program in _PROXIES and any(
        (protocol, port) == (listener.Protocol, listener.Port) for protocol, _, port in places
    ):
        return True
    return (listener.Protocol, address, listener.Port) in places


def _published(engine: Engine, reasons: SourceReasons) -> Iterable[Place | Unseen]:
    if isinstance(engine.Containers, UnsetType):
        yield reasons.of(f"{engine.Key}.containers")
        return
    for container in engine.Containers:
        if isinstance(container.Ports, UnsetType):
            yield of_error(container.Error)
            continue
        for one in published(container.Ports or {}):
            protocol = one.target.rpartition("/")[2]
            for port in range(one.host_port, min(one.last, one.host_port + 65535) + 1):
                yield protocol, "*" if one.wildcard else one.address, port


def _written(listener: Listener) -> str:
    """'tcp 0.0.0.0:22 sshd', 'udp [::]:5353'."""
    program = "" if isinstance(listener.Program, UnsetType) else f" {listener.Program}"
    return f"{listener.Protocol} {bracketed(listener.Address)}:{listener.Port}{program}"
