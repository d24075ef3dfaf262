"""Serves a recorded engine over HTTP on a unix socket, in the API versions that the engine says it speaks."""

import json
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from agents.posture_agent.engine_api import EngineError
from agents.tests.recorded_engine import RecordedEngine

PATH = re.compile(r"/v([0-9]+)\.([0-9]+)(/.*)")
ROUTES = (
    (re.compile(r"/info"), "info"),
    (re.compile(r"/networks"), "networks"),
    (re.compile(r"/containers/json\?all=1"), "containers"),
    (re.compile(r"/images/json"), "images"),
    (re.compile(r"/containers/([^/]+)/json"), "inspect_container"),
    (re.compile(r"/exec/([^/]+)/json"), "exec_inspect"),
    (re.compile(r"/images/([^/]+)/json"), "inspect_image"),
    (re.compile(r"/images/([^/]+)/history"), "history"),
    (re.compile(r"/volumes"), "volumes"),
    (re.compile(r"/swarm"), "inspect_swarm"),
    (re.compile(r"/nodes"), "nodes"),
    (re.compile(r"/services"), "services"),
    (re.compile(r"/secrets"), "secrets"),
)


class ServedEngine(socketserver.ThreadingUnixStreamServer):
    """``asked``: the paths of all requests so far."""

    daemon_threads = True

    def __init__(self, path: Path, engine: RecordedEngine) -> None:
        self.engine = engine
        self.asked: list[str] = []
        super().__init__(str(path), Handler)

    def answer(self, path: str) -> tuple[int, Any]:
        """Status and body."""
        if path == "/version":
            return 200, self.engine.version()
        versioned = PATH.fullmatch(path)
        if versioned is None or not self.speaks((int(versioned[1]), int(versioned[2]))):
            return 400, {"message": "this API version is not spoken here"}
        for route, method in ROUTES:
            found = route.fullmatch(versioned[3])
            if found:
                try:
                    return 200, getattr(self.engine, method)(*found.groups())
                except (EngineError, KeyError):
                    return 404, {"message": "not recorded"}
        return 404, {"message": "no such page"}

    def speaks(self, asked: tuple[int, ...]) -> bool:
        """Whether a version lies between the oldest and the newest of this engine."""
        told = self.engine.version()
        newest, oldest = (numbers(told.get(key, "1.12")) for key in ("ApiVersion", "MinAPIVersion"))
        return oldest <= asked <= newest


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    server: ServedEngine
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, value = self.server.answer(self.path.replace("%3A", ":"))
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def served(folder: Path, engine: RecordedEngine) -> Iterator[tuple[ServedEngine, str]]:
    """A running server and its endpoint."""
    with ServedEngine(folder / "engine.sock", engine) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server, f"unix://{folder}/engine.sock"
        finally:
            server.shutdown()
            thread.join()
