"""Where a request came from, for the audit log."""

from ipaddress import ip_address

from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The network address that the web server saw; behind a proxy that is the proxy's word only if the server took it."""
    text = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(text))
    except ValueError:
        return None
