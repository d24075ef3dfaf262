"""HTTP/1.1 as a client, over a socket that somebody else connected: one request after another, strictly read.

Python's http.client costs 7 MB of memory and lets a peer that drips bytes go on for ever. Here one deadline holds for a
whole request, and everything that a peer may send has a bound. Source of the rules: RFC 9112.
"""

from __future__ import annotations

import re
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Iterator, Mapping, Optional

    from .reading import Deadline

PIECE = 64 * 1024  # bytes asked of the socket at once
MAX_HEAD = 32 * 1024  # bytes of a status line with its headers, and of the trailers of a chunked body
MAX_FIELDS = 100
MAX_LINE = 1024  # bytes of the line before a chunk
MAX_INTERIM = 8  # answers of the kind "100 Continue" before the real one

STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?")
NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
LENGTH = re.compile(r"[0-9]{1,15}")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
SENDABLE = re.compile(r"[\x20-\x7e]*")  # of a line of a request


class BadAnswer(OSError):
    """The peer does not speak HTTP as it should."""


class CutShort(BadAnswer):
    """The peer closed the connection in the middle of its answer."""


class Vanished(CutShort):
    """The peer closed the connection before the first byte of its answer."""


class TooLarge(BadAnswer):
    """The peer sent more than is wanted."""


class Connection:
    """A connected socket on which HTTP is spoken; ``host`` is the value of the Host header."""

    def __init__(self, connected: socket.socket, host: str) -> None:
        self.socket = connected
        self.host = host
        self.reusable = True  # for another request
        self.sent = self.received = 0  # bytes so far
        self._received = b""  # what came of the socket
        self._at = 0  # up to where it was looked at

    def ask(
        self,
        method: str,
        target: str,
        deadline: Deadline,
        headers: Optional[Mapping[str, str]] = None,
        body: Optional[bytes] = None,
    ) -> Answer:
        """Send a request and read the head of its answer; the answer's body is to be read before the next request.

        Raises OSError (``BadAnswer``, ``socket.timeout`` and what sockets raise); ``deadline`` also bounds the body.
        """
        self.reusable = False
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: " + self.host]
        lines += ["%s: %s" % field for field in (headers or {}).items()]
        if body is not None:
            lines.append("Content-Length: %d" % len(body))
        if not all(SENDABLE.fullmatch(line) for line in lines) or " " in target:
            raise ValueError("a request holds a character that HTTP has no place for")
        try:
            self._send("\r\n".join([*lines, "", ""]).encode("ascii") + (body or b""), deadline)
        except (BrokenPipeError, ConnectionResetError) as error:
            return self._early_answer(method, deadline, error)
        return self._answer(method, deadline)

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

    def ask(
        self,
        method: str,
        target: str,
        deadline: Deadline,
        headers: Optional[Mapping[str, str]] = None,
        body: Optional[bytes] = None,
    ) -> Answer:
        """As ``Connection.ask``. A request may reach the peer twice: where it closed a kept connection meanwhile."""
        kept = self._connection
        if kept is not None and kept.reusable:
            try:
                return kept.ask(method, target, deadline, headers, body)
            except (Vanished, ConnectionError):
                self.close()
        self.close()
        self._connection = self._dial(deadline)
        return self._connection.ask(method, target, deadline, headers, body)

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        self._sent, self._received = self.sent, self.received
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Answer:
    """Status and headers (names in lower case) of an answer, and its body to be read once."""

    def __init__(
        self,
        connection: Connection,
        method: str,
        version: int,
        status: int,
        headers: dict[str, str],
        deadline: Deadline,
    ) -> None:
        self.status = status
        self.headers = headers
        self.keeps = version == 1 and "close" not in headers.get("connection", "").lower()
        self._connection = connection
        self._deadline = deadline
        self._pieces = self._framed(method, version)
        self._held = b""
        self._ended = False

    def read(self, size: int) -> bytes:
        """The next bytes of the body, at most ``size``; empty at its end. Raises OSError as ``Connection.ask``."""
        while not self._held and not self._ended:
            self._held = next(self._pieces, b"")
            if not self._held:
                self._ended = True
                self._connection.reusable = self.keeps and self._connection.silent()
        found, self._held = self._held[:size], self._held[size:]
        return found

    def body(self, limit: int) -> bytes:
        """The whole body; raises TooLarge when it has more than ``limit`` bytes, OSError as ``Connection.ask``."""
        whole = bytearray()
        while True:
            piece = self.read(PIECE)
            if not piece:
                return bytes(whole)
            whole += piece
            if len(whole) > limit:
                raise TooLarge("the peer's answer is larger than %d bytes" % limit)

    def close(self) -> None:
        """The rest of the body is not wanted; the connection is of no further use."""
        self._connection.close()

    def _framed(self, method: str, version: int) -> Iterator[bytes]:
        """The body's pieces, by what the headers say about its length (RFC 9112, 6.3)."""
        if method == "CONNECT" and self.status < 300:
            return iter(())  # what follows is no HTTP
        coding, length = self.headers.get("transfer-encoding"), self.headers.get("content-length")
        if coding is not None and length is not None:
            raise BadAnswer("the peer's answer has two lengths")
        if coding is not None and (version == 0 or coding.lower() != "chunked"):
            raise BadAnswer("the peer's answer has an unknown transfer coding")
        if length is not None and not LENGTH.fullmatch(length):
            raise BadAnswer("the peer's answer has a length that is no number")
        if method == "HEAD" or self.status in (204, 304):
            return iter(())
        if coding is not None:
            return chunked(self._connection, self._deadline)
        if length is not None:
            return counted(self._connection, int(length), self._deadline)
        self.keeps = False
        return iter(lambda: self._connection.rest(self._deadline), b"")


def parsed_head(head: bytes) -> tuple[int, int, dict[str, str]]:
    """(minor version, status, headers by their names in lower case) of an answer's head."""
    first, *lines = head.split(b"\r\n")
    found = STATUS.fullmatch(first)
    if found is None:
        raise BadAnswer("the peer does not speak HTTP")
    return int(found.group(1)), int(found.group(2)), parsed_fields(lines)


def parsed_fields(lines: list[bytes]) -> dict[str, str]:
    """Headers or trailers; a header that comes twice is joined, but for those that say where a body ends."""
    if len(lines) > MAX_FIELDS:
        raise TooLarge("the peer's answer has more than %d headers" % MAX_FIELDS)
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise BadAnswer("the peer's answer has a header that is none")
        key, text = name.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")
        if key in fields and key in ("content-length", "transfer-encoding"):
            raise BadAnswer("the peer's answer has two lengths")
        fields[key] = fields[key] + ", " + text if key in fields else text
    return fields


def counted(connection: Connection, length: int, deadline: Deadline) -> Iterator[bytes]:
    """The pieces of a body whose length is known."""
    while length:
        piece = connection.some(length, deadline)
        length -= len(piece)
        yield piece


def chunked(connection: Connection, deadline: Deadline) -> Iterator[bytes]:
    """The pieces of a chunked body (RFC 9112, 7.1); its trailers are read and forgotten."""
    while True:
        found = CHUNK.fullmatch(connection.until(b"\r\n", MAX_LINE, deadline))
        if found is None:
            raise BadAnswer("the peer's answer has a chunk without a size")
        size = int(found.group(1), 16)
        if not size:
            break
        yield from counted(connection, size, deadline)
        if connection.until(b"\r\n", 0, deadline):
            raise BadAnswer("the peer's answer has a chunk that is longer than it says")
    left_over, trailers = MAX_HEAD, []
    while True:
        line = connection.until(b"\r\n", left_over, deadline)
        if not line:
            break
        trailers.append(line)
        left_over -= min(left_over, len(line))
    parsed_fields(trailers)


def left(deadline: Deadline) -> float:
    """Seconds left for the next step; raises ``socket.timeout`` where there are none."""
    seconds = deadline.left()
    if seconds <= 0:
        raise socket.timeout("timed out")
    return seconds
