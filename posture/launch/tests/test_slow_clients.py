"""Clients that never finish their request do not keep the others out for long."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from posture.launch.port import free_port

APPLICATION = """
from posture.launch.bounded_worker import BoundedWorker

class Quick(BoundedWorker):
    seconds = 1.0

def application(environ, start_response):
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""
HALF = (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", b"GET / HTTP/1.1\r\nHost: a")


def ask(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        return int(answer.status)


def wait_for(port: int) -> None:
    for _try in range(100):
        try:
            ask(port)
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.mark.long
def test_unfinished_requests_end(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APPLICATION)
    port = free_port()
    words = ["-m", "gunicorn", "-k", "app.Quick", "-w", "1", "--threads", "2", "-b", f"127.0.0.1:{port}", "app"]
    paths = os.pathsep.join((str(tmp_path), os.getcwd()))
    server = subprocess.Popen([sys.executable, *words], cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths})
    slow = []
    try:
        wait_for(port)
        for half in HALF * 2:
            slow.append(socket.create_connection(("127.0.0.1", port)))
            slow[-1].sendall(half)
        assert ask(port) == 200
        assert ask(port) == 200
    finally:
        for client in slow:
            client.close()
        server.terminate()
        server.wait(20)
