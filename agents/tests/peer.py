"""A real socket server that plays a script instead of speaking HTTP: garbage, drips, too much, an early end."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Script = Callable[[socket.socket], None]


def says(*parts: bytes | float) -> Script:
    """Read a request, then send the bytes and wait the seconds, in order; then close."""

    def script(connection: socket.socket) -> None:
        heard(connection)
        for part in parts:
            if isinstance(part, bytes):
                connection.sendall(part)
            else:
                time.sleep(part)

    return script


def drips(data: bytes, seconds: float) -> Script:
    """Read a request, then send a byte every so many seconds for ever, the data over and over."""

    def script(connection: socket.socket) -> None:
        heard(connection)
        for byte in itertools.cycle(data):
            connection.sendall(bytes([byte]))
            time.sleep(seconds)

    return script


def heard(connection: socket.socket) -> bytes:
    """One request's head, as it came."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            break
        data += more
    return data


class Peer:
    """A listening socket; each connection is given to the script in a thread of its own."""

    def __init__(self, listener: socket.socket, script: Script) -> None:
        self.listener = listener
        self.script = script
        self.connections: list[socket.socket] = []
        self.ending = False

    def serve(self) -> None:
        """Accept until the listener is closed."""
        while not self.ending:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.play, args=(connection,), daemon=True).start()

    def play(self, connection: socket.socket) -> None:
        """One connection."""
        with connection:
            try:
                self.script(connection)
            except OSError:
                return  # the agent had enough


@contextmanager
def peer(script: Script, path: Path | None = None) -> Iterator[Peer]:
    """A running peer on loopback, or on a unix socket."""
    listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    listener.bind(str(path) if path else ("127.0.0.1", 0))
    listener.listen()
    one = Peer(listener, script)
    thread = threading.Thread(target=one.serve)
    thread.start()
    try:
        yield one
    finally:
        one.ending = True
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in one.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        thread.join()


def port(one: Peer) -> int:
    """The TCP port of a peer."""
    found: int = one.listener.getsockname()[1]
    return found
