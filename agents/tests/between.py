"""A network in between on loopback: a way to a server that carries every byte, until something answers in its place."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agents.tests.peer import heard, peer, port

LENGTH = re.compile(rb"\r\nContent-Length: (\d+)", re.IGNORECASE)
Garbage = Callable[[bytes], bytes | Iterator[bytes] | None]


class Between:
    """``speaks``: what answers a request of this head in the server's place; None carries the request on."""

    def __init__(self, server: int) -> None:
        self.server = server  # its TCP port
        self.port = 0
        self.speaks: Garbage = lambda head: None
        self.asked: list[str] = []  # last words of the paths that were answered here

    @property
    def url(self) -> str:
        """The address that the agent is given."""
        return f"http://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        """One connection: requests one after the other."""
        with socket.create_connection(("127.0.0.1", self.server), timeout=10) as server:
            back = threading.Thread(target=carry, args=(server, client), daemon=True)
            back.start()
            while request := whole(client):
                answer = self.speaks(request)
                if answer is None:
                    server.sendall(request)
                    continue
                self.asked.append(request.split(b" ", 2)[1].rpartition(b"/")[2].decode())
                for part in [answer] if isinstance(answer, bytes) else answer:
                    client.sendall(part)
                return


def whole(client: socket.socket) -> bytes:
    """A request with its body; empty where none comes."""
    data = heard(client)
    found = LENGTH.search(data)
    missing = data.index(b"\r\n\r\n") + 4 + int(found.group(1)) - len(data) if found else 0
    while missing > 0:
        more = client.recv(missing)
        if not more:
            return b""
        data, missing = data + more, missing - len(more)
    return data


def carry(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes one way."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        return


@contextmanager
def between(server: int) -> Iterator[Between]:
    """A running network in between. ``server``: the port that it leads to."""
    network = Between(server)
    with peer(network.serve) as running:
        network.port = port(running)
        yield network
