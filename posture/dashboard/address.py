"""Where a request came from, for the audit log and for counting wrong passwords."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The network address that the web server saw; a proxy's word counts only where the server takes it."""
    text = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def network_of(request: HttpRequest) -> str | None:
    """What one client is counted by: its IPv4 address, or its IPv6 network, of which a client has 2^64 addresses."""
    text = address_of(request)
    address = None if text is None else ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address.packed, 64), strict=False).network_address)
    return text
