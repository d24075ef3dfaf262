"""Where a request came from, for the audit log and for counting wrong passwords."""

from ipaddress import ip_address

from django.http import HttpRequest

from posture.fleet import networks


def address_of(request: HttpRequest) -> str | None:
    """The network address that the web server saw; a proxy's word counts only where the server takes it."""
    text = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def network_of(request: HttpRequest) -> str | None:
    """What one client is counted by."""
    text = address_of(request)
    return None if text is None else networks.network_of(text)
