"""How the server is reached: by the settings' authorities and proxy, or by the authority pinned at enrolment."""

from __future__ import annotations

from .server import Server, fetch_authority
from .state import State
from .storage import write_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

PINNED = "ca.pem"  # in the state directory


class Transport:
    """``ca``: path of the authorities to trust, None for the system's. ``proxy``: as in ``proxy.proxy_for``."""

    def __init__(self, ca: Optional[str] = None, proxy: Optional[str] = None) -> None:
        self.ca = ca
        self.proxy = proxy

    def server(self, state: State, url: str, pinned: bool, token: str = "", key: bytes = b"") -> Server:
        """The server; with ``pinned`` it proves itself by the authority in the state directory alone."""
        return Server(url, state.path(PINNED) if pinned else self.ca, token, key, self.proxy)

    def pin(self, state: State, url: str, digest: Optional[str]) -> bool:
        """Fetch and keep the server's own authority where its SHA-256 was given; whether it was. Raises ServerError."""
        if not digest:
            return False
        write_file(state.path(PINNED), fetch_authority(url, digest, self.proxy).encode("ascii"))
        return True


def transport_of(given: Any) -> Transport:
    """As the command line and the settings say."""
    return Transport(given.ca, given.proxy)
