"""The door to TLS: everything that needs it comes through here.

``tls`` is loaded by name, because ssl costs 5 MB of memory, and an agent that talks to unix sockets needs none of it.
"""

from __future__ import annotations

from .loading import loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any, Optional

    from .reading import Deadline


def trusting(ca: Optional[str]) -> Any:
    """A context that trusts the authorities in a PEM file alone, else the system's. Raises OSError."""
    return tls().trusting(ca)


def unverified() -> Any:
    """A context that believes anybody: only to fetch what is verified by other means."""
    return tls().unverified()


def encrypted(plain: socket.socket, context: Any, host: str, deadline: Deadline) -> socket.socket:
    """``plain`` with TLS on it, the peer verified as ``context`` says.

    Raises ``dial.Untrusted`` or OSError; ``plain`` is closed then.
    """
    found: socket.socket = tls().encrypted(plain, context, host, deadline)
    return found


def tls() -> Any:
    """The module ``tls``."""
    return loaded("tls")
