"""A relay on loopback that counts the bytes of HTTP between an agent and its server, also those within TLS."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Relay:
    """Carries connections to a port of this machine; ``count`` is all bytes so far, both ways. ``context``: speaks TLS
    with the agents, as a server in front of the product does; a handshake is not counted."""

    def __init__(self, target: int, context: ssl.SSLContext | None = None) -> None:
        self.target = target
        self.context = context
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
            threading.Thread(target=self.meet, args=(client,), daemon=True).start()

    def meet(self, client: socket.socket) -> None:
        """Carry one connection both ways until both have ended."""
        if self.context is not None:
            client = self.context.wrap_socket(client, server_side=True)
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=self.carry, args=(server, client), daemon=True)
            back.start()
            self.carry(client, server)
            back.join()

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
def relay(target: int, context: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """A running relay to a port of this machine."""
    one = Relay(target, context)
    thread = threading.Thread(target=one.serve)
    thread.start()
    try:
        yield one
    finally:
        one.listener.shutdown(socket.SHUT_RDWR)
        one.listener.close()
        thread.join()
