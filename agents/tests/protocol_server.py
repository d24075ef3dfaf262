"""A small real HTTP server that speaks the agent's protocol and remembers what it was told."""

import json
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = tuple[int, dict[str, Any], dict[str, str]]
LIMITS = {"compressed": 1, "expanded": 2}


class ProtocolServer(ThreadingHTTPServer):
    """Answers as docs/protocol.md says; ``failing`` holds answers that come first, one a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.failing: list[Answer] = []
        self.digest: str | None = None
        self.authority = b""

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        """The last word of every request's path."""
        return [path.rsplit("/", 1)[-1] for path, _, _ in self.requests]

    def answer(self, path: str, body: dict[str, Any]) -> Answer:
        """The answer to one request."""
        if self.failing:
            return self.failing.pop(0)
        if path.endswith("/enrol"):
            return 201, {"host": 1, "token": "t0k3n", "interval": 300, "limits": LIMITS}, {}
        if path.endswith("/check-in"):
            return 200, {"deliver": body["digest"] != self.digest, "interval": 300, "limits": LIMITS}, {}
        self.digest = body["digest"]
        return 201, {"id": body["id"], "limits": LIMITS}, {}


class Handler(BaseHTTPRequestHandler):
    """Reads one request, remembers it, answers."""

    server: ProtocolServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            raw = zlib.decompress(raw, 31)
        body = json.loads(raw)
        self.server.requests.append((self.path, body, dict(self.headers)))
        self.reply(*self.server.answer(self.path, body))

    def do_GET(self) -> None:
        self.send_response(200 if self.server.authority else 404)
        self.send_header("Content-Length", str(len(self.server.authority)))
        self.end_headers()
        self.wfile.write(self.server.authority)

    def reply(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        """Send a JSON answer."""
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests read ``requests``."""


@contextmanager
def serving(certificate: Path | None = None, key: Path | None = None) -> Iterator[ProtocolServer]:
    """A running server, over TLS when a certificate is given."""
    server = ProtocolServer()
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
