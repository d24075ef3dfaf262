"""The published ports of a container, and the same bound more tightly."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from posture.facts.wire.container import PortBinding

LOOPBACK = "127.0.0.1"
WILDCARDS = frozenset(("", "0.0.0.0", "::"))  # noqa: S104 - compared with, never bound
FIRST_UNPRIVILEGED = 1024
_USUAL = {80: 8080, 443: 8443}
_OFFSET = 10_000
_EXPOSED = re.compile(r"(\d{1,5})/(tcp|udp|sctp)")


@dataclass(frozen=True, slots=True)
class Port:
    """One binding. ``inside`` is "80/tcp"; ``host_port`` is "" when the engine chooses one."""

    inside: str
    address: str
    host_port: str

    def __str__(self) -> str:
        """As ``docker run --publish`` and compose spell it."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        inside = self.inside.removesuffix("/tcp")
        if address:
            return f"{address}:{self.host_port}:{inside}"
        return f"{self.host_port}:{inside}" if self.host_port else inside


def published(bindings: dict[str, list[PortBinding] | None]) -> tuple[Port, ...]:
    """The ports of a PortBindings or Ports mapping, in order."""
    found = []
    for inside, places in sorted(bindings.items()):
        for place in places or ():
            host_port = place.HostPort if isinstance(place.HostPort, str) and place.HostPort != "0" else ""
            found.append(Port(inside, place.HostIp if isinstance(place.HostIp, str) else "", host_port))
    return tuple(found)


def exposed(ports: Iterable[str]) -> tuple[Port, ...]:
    """Declared ports as if each were published under its own number."""
    matches = [match for port in sorted(ports) if (match := _EXPOSED.fullmatch(port))]
    return tuple(Port(match[0], "", match[1]) for match in matches)


def on_loopback(ports: Sequence[Port]) -> tuple[Port, ...]:
    """Wildcard bindings moved to 127.0.0.1; a binding to a chosen address stays."""
    moved = (replace(port, address=LOOPBACK) if port.address in WILDCARDS else port for port in ports)
    return tuple(dict.fromkeys(moved))


def unprivileged(ports: Sequence[Port]) -> tuple[Port, ...]:
    """Host ports below 1024 moved above, without meeting one another."""
    taken = {port.host_port for port in ports}
    moved: dict[tuple[str, str], str] = {}
    for port in ports:
        if port.host_port.isdecimal() and int(port.host_port) < FIRST_UNPRIVILEGED:
            key = (port.host_port, port.inside)
            if key not in moved:
                moved[key] = _free(int(port.host_port), taken)
                taken.add(moved[key])
    return tuple(replace(port, host_port=moved.get((port.host_port, port.inside), port.host_port)) for port in ports)


def _free(low: int, taken: set[str]) -> str:
    candidate = _USUAL.get(low, _OFFSET + low)
    while str(candidate) in taken:
        candidate += 1
    return str(candidate)
