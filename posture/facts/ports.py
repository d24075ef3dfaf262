"""Published ports."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec import UnsetType

from posture.facts.wire.container import PortBinding

PRIVILEGED_BELOW = 1024
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_ANY = "0.0.0.0"  # noqa: S104 - naming what was seen, not binding


@dataclass(frozen=True, slots=True, order=True)
class Published:
    """One published port. ``host_port`` 0: the engine picks a high one at start; ``last`` ends a range."""

    address: str
    host_port: int
    last: int
    target: str  # "80/tcp"

    def __str__(self) -> str:
        return f"{bracketed(self.address)}:{self._ports()}:{self.target}"

    def host(self) -> str:
        """'8080/tcp'."""
        return f"{self._ports()}/{self.target.rpartition('/')[2]}"

    def _ports(self) -> str:
        return str(self.host_port) if self.last == self.host_port else f"{self.host_port}-{self.last}"

    @property
    def privileged(self) -> bool:
        return 0 < self.host_port < PRIVILEGED_BELOW

    @property
    def wildcard(self) -> bool:
        """Bound to no address of its own; nor is what is no address at all."""
        return is_wildcard(self.address) or not is_address(self.address)


def published(ports: Mapping[str, list[PortBinding] | None]) -> tuple[Published, ...]:
    """The bindings of NetworkSettings.Ports or HostConfig.PortBindings; a port with null is exposed only."""
    found = {_binding(target, one) for target, bindings in ports.items() for one in bindings or ()}
    return tuple(sorted(found))


def untold(ports: Mapping[str, list[PortBinding] | None]) -> bool:
    """Whether a binding does not say its port of the host."""
    return any(isinstance(one.HostPort, UnsetType) for bindings in ports.values() for one in bindings or ())


def automatic(exposed: Iterable[str], taken: Iterable[Published]) -> tuple[Published, ...]:
    """What --publish-all will publish at start, on every address."""
    targets = {one.target for one in taken}
    return tuple(Published(_ANY, 0, 0, target) for target in sorted(set(exposed)) if target not in targets)


def _binding(target: str, binding: PortBinding) -> Published:
    address = "" if isinstance(binding.HostIp, UnsetType) else binding.HostIp.strip("[]")
    found = _RANGE.fullmatch("" if isinstance(binding.HostPort, UnsetType) else binding.HostPort)
    first = int(found[1]) if found else 0
    last = int(found[2]) if found and found[2] else first
    return Published(address or _ANY, first, last, target if "/" in target else f"{target}/tcp")


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_wildcard(address: str) -> bool:
    """Every address, IPv4 or IPv6, however it is written."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address in ("", "*")
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return parsed.is_unspecified or (mapped is not None and mapped.is_unspecified)


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
