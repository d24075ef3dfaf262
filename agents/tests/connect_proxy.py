"""A real HTTP proxy on loopback that knows CONNECT and nothing else, and finds every name on this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agents.tests.peer import Peer, heard, peer, port


class ConnectProxy:
    """Answers CONNECT; ``wanted``: value of Proxy-Authorization without which it answers 407."""

    def __init__(self, wanted: str | None = None) -> None:
        self.wanted = wanted
        self.requests: list[str] = []
        self.passed = b""  # every byte that went through, both ways
        self.url = ""

    def serve(self, client: socket.socket) -> None:
        """One connection."""
        head = heard(client).decode("latin-1")
        self.requests.append(head)
        method, target, _ = head.split(" ", 2)
        if method != "CONNECT":
            client.sendall(b"HTTP/1.1 405 No\r\n\r\n")
        elif self.wanted is not None and f"Proxy-Authorization: {self.wanted}\r\n" not in head:
            client.sendall(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
        else:
            self.relay(client, int(target.rpartition(":")[2]))

    def relay(self, client: socket.socket, number: int) -> None:
        """Carry bytes both ways until either side ends."""
        try:
            server = socket.create_connection(("127.0.0.1", number), timeout=10)
        except OSError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        with server:
            client.sendall(b"HTTP/1.0 200 Connection established\r\nVia: test\r\n\r\n")
            back = threading.Thread(target=self.carry, args=(server, client))
            back.start()
            self.carry(client, server)
            back.join()

    def carry(self, source: socket.socket, target: socket.socket) -> None:
        """Carry bytes one way."""
        try:
            while data := source.recv(65536):
                self.passed += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


@contextmanager
def connect_proxy(wanted: str | None = None) -> Iterator[ConnectProxy]:
    """A running proxy."""
    proxy = ConnectProxy(wanted)
    with peer(proxy.serve) as running:
        proxy.url = address(running)
        yield proxy


def address(running: Peer) -> str:
    """How an agent names the proxy."""
    return f"http://127.0.0.1:{port(running)}"
