"""One HTTP request, as it travels."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, Optional

SENDABLE = re.compile(r"[\x20-\x7e]*")  # of a line


class Request:
    """A method, a target, headers besides Host and Content-Length, and a body where there is one."""

    def __init__(
        self, method: str, target: str, headers: Optional[Mapping[str, str]] = None, body: Optional[bytes] = None
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers or {}
        self.body = body

    def encoded(self, host: str) -> bytes:
        """Head and body; ``host``: the value of the Host header. Raises ValueError where HTTP has no place for it."""
        lines = ["%s %s HTTP/1.1" % (self.method, self.target), "Host: " + host]
        lines += ["%s: %s" % field for field in self.headers.items()]
        if self.body is not None:
            lines.append("Content-Length: %d" % len(self.body))
        if not all(SENDABLE.fullmatch(line) for line in lines) or " " in self.target:
            raise ValueError("a request holds a character that HTTP has no place for")
        return "\r\n".join([*lines, "", ""]).encode("ascii") + (self.body or b"")
