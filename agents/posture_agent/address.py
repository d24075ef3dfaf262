"""The address of a Posture server."""

from __future__ import annotations

import re

from .dial import wire_name
from .failures import UsageError
from .words import say

FORM = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[^][/?#@:\s]+)(?::([0-9]{1,5}))?(/[!-~]*)?", re.IGNORECASE)


class Address:
    """Where a server is; as text without a trailing slash. Raises UsageError for anything else.

    Plain HTTP is for this very machine only.
    """

    def __init__(self, text: str) -> None:
        found = FORM.fullmatch(text.strip())
        if found is None or "?" in text or "#" in text:
            raise UsageError(say("the server is named https://HOST[:PORT]"))
        scheme, host, port, path = found.groups()
        self.scheme = scheme.lower()
        self.host = host.strip("[]").lower()
        if self.scheme == "http" and not self.loopback:
            raise UsageError(say("plain http would show the token to the network: use https"))
        self.port = int(port or (443 if self.scheme == "https" else 80))
        self.path = (path or "").rstrip("/")
        self.authority = authority(self.host, self.port if port else None)  # for the Host header

    @property
    def loopback(self) -> bool:
        """Whether the server is on this very machine."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    def __str__(self) -> str:
        return "%s://%s%s" % (self.scheme, self.authority, self.path)


def authority(host: str, port: int | None) -> str:
    """``host:port`` as HTTP writes it. Raises UsageError for what is no name or no port."""
    if port is not None and not 0 < port < 65536:
        raise UsageError(say("%d is no port", port))
    try:
        name = wire_name(host).decode("ascii")
    except UnicodeError:
        raise UsageError(say("%s is no name of a host", host)) from None
    name = "[%s]" % name if ":" in name else name
    return name if port is None else "%s:%d" % (name, port)
