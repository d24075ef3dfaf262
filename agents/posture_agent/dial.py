"""Connected sockets: to a unix path or to a TCP address, within a deadline."""

from __future__ import annotations

import socket

from .http1 import left
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .reading import Deadline


class Untrusted(OSError):
    """The peer's certificate is not trusted; the text says why, in English, as facts need it."""


def unix(path: str, deadline: Deadline) -> socket.socket:
    """A socket connected to a path; raises OSError."""
    return connected(socket.AF_UNIX, path, left(deadline))


def tcp(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A socket connected to the first address of ``host`` that answers; raises OSError.

    Each address gets its share of the time, so that one that swallows everything leaves some for the next.
    """
    found = socket.getaddrinfo(wire_name(host), port, type=socket.SOCK_STREAM)
    problem: OSError = OSError(say("the name has no address"))
    for number, (family, _, _, _, address) in enumerate(found):
        try:
            return connected(family, address, left(deadline) / (len(found) - number))
        except OSError as error:
            problem = error
    raise problem


def connected(family: int, address: Any, seconds: float) -> socket.socket:
    """A socket connected within some seconds; raises OSError."""
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.settimeout(seconds)
        one.connect(address)
        if family != socket.AF_UNIX:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:  # a signal may end the service right here
        one.close()
        raise
    return one


def wire_name(host: str) -> bytes:
    """A host's name as resolvers and certificates know it.

    As bytes: for text Python loads its tables of international names (2 MB), which nearly no name needs.
    """
    try:
        return host.encode("ascii")
    except UnicodeEncodeError:
        return host.encode("idna")
