"""By what one client is counted."""

from ipaddress import IPv6Address, ip_address, ip_network


def network_of(address: str) -> str:
    """An IPv4 address, or an IPv6 network of 64 bits, of which a client has 2^64 addresses. Raises ValueError."""
    found = ip_address(address)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found.packed, 64), strict=False).network_address)
    return address
