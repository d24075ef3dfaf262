"""Whether the web server answers, asked as a browser would."""

import http.client
import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Door:
    """Where the server listens on the loopback; `authority` is the PEM file to verify it with, None without TLS."""

    port: int
    authority: Path | None

    def answers(self) -> bool:
        """Whether a page comes; an answer of our own about an error is one too, unless it is the server's fault."""
        connection = self.connect()
        try:
            connection.request("GET", "/", headers={"User-Agent": "posture-launch"})
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        if self.authority is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        context = ssl.create_default_context(cafile=str(self.authority))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=context)
