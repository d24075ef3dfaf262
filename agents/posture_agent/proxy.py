"""The way to a server through an HTTP proxy: CONNECT, with TLS to the server's own name inside."""

from __future__ import annotations

import re
import socket
from binascii import b2a_base64

from . import dial
from .address import Address, authority
from .failures import UsageError
from .heads import BadAnswer
from .http1 import Connection
from .reasons import words_of
from .request import Request
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, Optional

    from .reading import Deadline

FORM = re.compile(r"(?:http://)?(?:([^@/]*)@)?(\[[0-9A-Fa-f:.]+\]|[^][/?#@:\s]+)(?::([0-9]{1,5}))?/?", re.IGNORECASE)
PORT = 3128  # where the address names none
NONE = "none"  # a setting that says: straight to the server, whatever the environment says


class ProxyRefused(OSError):
    """The proxy does not let the agent through; the text says why."""


class Proxy:
    """A proxy. Its text never shows the credentials."""

    def __init__(self, text: str) -> None:
        """``[http://][USER:PASSWORD@]HOST[:PORT]``, user and password percent-encoded; raises UsageError."""
        found = FORM.fullmatch(text.strip())
        if found is None:
            raise UsageError(say("the proxy is named http://[USER:PASSWORD@]HOST:PORT"))  # not shown: it may hold one
        account, host, port = found.groups()
        self.host = host.strip("[]").lower()
        self.port = int(port or PORT)
        self.authority = authority(self.host, self.port)
        self.headers: dict[str, str] = {}
        if account is not None:
            encoded = b2a_base64(decoded(account), newline=False).decode("ascii")
            self.headers["Proxy-Authorization"] = "Basic " + encoded

    def __str__(self) -> str:
        return self.authority

    def tunnel(self, address: Address, deadline: Deadline) -> socket.socket:
        """A socket that leads to ``address`` through the proxy. Raises ProxyRefused or OSError."""
        target = authority(address.host, address.port)
        connection = Connection(self.reached(deadline), target)
        try:
            answer = connection.ask(Request("CONNECT", target, self.headers), deadline)
            if answer.status == 407:
                raise ProxyRefused(say("the proxy %s wants a user and password, or others", self))
            if answer.status >= 300:
                raise ProxyRefused(say("the proxy %s refuses the way to the server (status %d)", self, answer.status))
            if not connection.silent():
                raise ProxyRefused(say("the proxy %s speaks before it is spoken to", self))
        except BadAnswer as error:
            connection.close()
            words = say("the proxy %s does not answer as a proxy should: %s", self, words_of(error))
            raise ProxyRefused(words) from None
        except BaseException:
            connection.close()
            raise
        return connection.socket

    def reached(self, deadline: Deadline) -> socket.socket:
        """A socket to the proxy itself."""
        try:
            return dial.tcp(self.host, self.port, deadline)
        except OSError as error:
            raise ProxyRefused(say("cannot reach the proxy %s: %s", self, words_of(error))) from None


def proxy_for(address: Address, setting: Optional[str], environment: Mapping[str, str]) -> Optional[Proxy]:
    """The proxy to use: the setting's, else the environment's, none for plain HTTP. Raises UsageError."""
    if address.scheme != "https" or setting == NONE:
        return None
    if setting:
        return Proxy(setting)
    text = environment.get("https_proxy") or environment.get("HTTPS_PROXY")
    exceptions = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if not text or address.loopback or excepted(address, exceptions):
        return None
    return Proxy(text)


def excepted(address: Address, exceptions: str) -> bool:
    """Whether NO_PROXY names a server: by ``*``, its name, a domain above it, its IP address or its network."""
    for entry in exceptions.lower().replace(" ", ",").split(","):
        name, _, port = entry.rpartition(":") if re.search(r"[^:]:\d+$", entry) else (entry, "", "")
        name = name.strip("[]")
        if not name or (port and int(port) != address.port):
            continue
        suffix = name[1:] if name.startswith("*.") else name
        if name == "*" or address.host == suffix.lstrip(".") or address.host.endswith("." + suffix.lstrip(".")):
            return True
        if "/" in name and in_network(address.host, name):
            return True
    return False


def in_network(host: str, network: str) -> bool:
    """Whether an IP address lies in ``ADDRESS/BITS``; False where either is none."""
    base, _, bits = network.partition("/")
    family = socket.AF_INET6 if ":" in base else socket.AF_INET
    try:
        one, other = socket.inet_pton(family, host), socket.inet_pton(family, base)
        shift = len(one) * 8 - int(bits)
        return (
            0 <= shift <= len(one) * 8 and int.from_bytes(one, "big") >> shift == int.from_bytes(other, "big") >> shift
        )
    except (OSError, ValueError):
        return False


def decoded(text: str) -> bytes:
    """Percent-encoded text as bytes."""
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found.group(1), 16)]), text.encode("utf-8"))
