"""HTTP/1.1 as a client, over a socket that somebody else connected: one request after another, strictly read.

Python's http.client costs 7 MB of memory and lets a peer that drips bytes go on for ever. Here one deadline holds for a
whole request, and everything that a peer may send has a bound. Source of the rules: RFC 9112.
"""

from __future__ import annotations

import socket

from .answer import PIECE, Answer
from .heads import MAX_HEAD, BadAnswer, CutShort, TooLarge, Vanished, parsed_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .reading import Deadline
    from .request import Request

MAX_INTERIM = 8  # answers of the kind "100 Continue" before the real one


class Connection:
    """A connected socket on which HTTP is spoken; ``host`` is the value of the Host header."""

    def __init__(self, connected: socket.socket, host: str) -> None:
        self.socket = connected
        self.host = host
        self.reusable = True  # for another request
        self.sent = self.received = 0  # bytes so far
        self._received = b""  # what came of the socket
        self._at = 0  # up to where it was looked at

    def ask(self, request: Request, deadline: Deadline) -> Answer:
        """Send a request and read the head of its answer; the answer's body is to be read before the next request.

        Raises OSError (``BadAnswer``, ``socket.timeout`` and what sockets raise), ValueError as ``Request.encoded``;
        ``deadline`` also bounds the body.
        """
        self.reusable = False
        data = request.encoded(self.host)
        try:
            self._send(data, deadline)
        except (BrokenPipeError, ConnectionResetError) as error:
            return self._early_answer(request.method, deadline, error)
        return self._answer(request.method, deadline)

    def close(self) -> None:
        """Close the socket."""
        self.reusable = False
        self.socket.close()

    def _early_answer(self, method: str, deadline: Deadline, error: OSError) -> Answer:
        """A peer may refuse a body that it has not read to its end, and close: its words are better than the error."""
        try:
            answer = self._answer(method, deadline)
        except OSError:
            raise error from None
        answer.keeps = False
        return answer

    def _answer(self, method: str, deadline: Deadline) -> Answer:
        for _ in range(MAX_INTERIM):
            version, status, headers = parsed_head(self._head(deadline))
            if status >= 200:
                return Answer(self, method, version, status, headers, deadline)
            if status == 101:
                raise BadAnswer("the peer changed the protocol unasked")
        raise BadAnswer("the peer promises an answer again and again")

    def _head(self, deadline: Deadline) -> bytes:
        if self.silent() and not self._receive(deadline):
            raise Vanished("the peer closed the connection")
        return self.until(b"\r\n\r\n", MAX_HEAD, deadline)

    def _send(self, data: bytes, deadline: Deadline) -> None:
        view = memoryview(data)
        while view:
            self.socket.settimeout(left(deadline))
            taken = self.socket.send(view[:PIECE])
            self.sent += taken
            view = view[taken:]

    def _receive(self, deadline: Deadline) -> bool:
        """Wait for whatever comes next; False when the peer closed the connection."""
        self.socket.settimeout(left(deadline))
        data = self.socket.recv(PIECE)
        self.received += len(data)
        self._received, self._at = self._received[self._at :] + data, 0
        return bool(data)

    def _need(self, deadline: Deadline) -> None:
        if not self._receive(deadline):
            raise CutShort("the peer closed the connection in the middle of its answer")

    def until(self, mark: bytes, limit: int, deadline: Deadline) -> bytes:
        """What comes before ``mark``, of at most ``limit`` bytes; the mark is taken as well."""
        while True:
            place = self._received.find(mark, self._at, self._at + limit + len(mark))
            if place >= 0:
                found = self._received[self._at : place]
                self._at = place + len(mark)
                return found
            if len(self._received) - self._at >= limit + len(mark):
                raise TooLarge("the peer's answer holds a line or a head without end")
            self._need(deadline)

    def some(self, most: int, deadline: Deadline) -> bytes:
        """The next bytes, at least one and at most ``most``."""
        if self.silent():
            self._need(deadline)
        found = self._received[self._at : self._at + most]
        self._at += len(found)
        return found

    def rest(self, deadline: Deadline) -> bytes:
        """The next bytes of a body that ends with the connection; empty at its end."""
        if self.silent() and not self._receive(deadline):
            return b""
        return self.some(PIECE, deadline)

    def silent(self) -> bool:
        """Whether nothing came that was not looked at."""
        return self._at == len(self._received)


def left(deadline: Deadline) -> float:
    """Seconds left for the next step; raises ``socket.timeout`` where there are none."""
    seconds = deadline.left()
    if seconds <= 0:
        raise socket.timeout("timed out")
    return seconds
