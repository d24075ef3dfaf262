"""A line to one peer: HTTP requests over one connection, for as long as the peer keeps it."""

from __future__ import annotations

from .heads import Vanished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Optional

    from .answer import Answer
    from .http1 import Connection
    from .reading import Deadline
    from .request import Request


class Line:
    """Requests to one peer, over one connection for as long as the peer keeps it. ``dial`` makes a new one."""

    def __init__(self, dial: Callable[[Deadline], Connection]) -> None:
        self._dial = dial
        self._connection: Optional[Connection] = None
        self._sent = self._received = 0  # bytes over connections that are closed

    @property
    def sent(self) -> int:
        """Bytes of HTTP sent so far."""
        return self._sent + (self._connection.sent if self._connection is not None else 0)

    @property
    def received(self) -> int:
        """Bytes of HTTP received so far."""
        return self._received + (self._connection.received if self._connection is not None else 0)

    def ask(self, request: Request, deadline: Deadline) -> Answer:
        """As ``Connection.ask``. A request may reach the peer twice: where it closed a kept connection meanwhile."""
        kept = self._connection
        if kept is not None and kept.reusable:
            try:
                return kept.ask(request, deadline)
            except (Vanished, ConnectionError):
                self.close()
        self.close()
        self._connection = self._dial(deadline)
        return self._connection.ask(request, deadline)

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        self._sent, self._received = self.sent, self.received
        if self._connection is not None:
            self._connection.close()
            self._connection = None
