"""A relay on loopback that counts the bytes between an agent and its server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Relay:
    """Carries connections to a port of this machine; ``count`` is all bytes so far, both ways."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.count = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.lock = threading.Lock()

    def serve(self) -> None:
        """Accept until the listener is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(source, target), daemon=True).start()

    def carry(self, source: socket.socket, target: socket.socket) -> None:
        """Carry bytes one way until that way ends."""
        try:
            while data := source.recv(65536):
                with self.lock:
                    self.count += len(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the other side ended first


@contextmanager
def relay(target: int) -> Iterator[Relay]:
    """A running relay to a port of this machine."""
    one = Relay(target)
    thread = threading.Thread(target=one.serve)
    thread.start()
    try:
        yield one
    finally:
        one.listener.shutdown(socket.SHUT_RDWR)
        one.listener.close()
        thread.join()
