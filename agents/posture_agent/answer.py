"""An HTTP answer and its body, in pieces, by what its headers say about the length (RFC 9112, 6.3)."""

from __future__ import annotations

import re

from .heads import MAX_HEAD, BadAnswer, TooLarge, parsed_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

    from .http1 import Connection
    from .reading import Deadline

PIECE = 64 * 1024  # bytes taken at once
MAX_LINE = 1024  # bytes of the line before a chunk

LENGTH = re.compile(r"[0-9]{1,15}")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?")


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
