"""gunicorn's threaded worker, with an end to how long a client may take to send its request.

A thread waits for the rest of a request for ever, and there are few threads: without an end, as many idle connections
keep everybody else out. A TLS front that buffers requests is not enough where people run without one.
"""

import os
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # ships no types


class BoundedWorker(ThreadWorker):  # type: ignore[misc]  # its base is untyped
    """``handle`` runs in a thread of its own, the rest in the main one, whose loop comes by at least once a second."""

    seconds = 30.0  # from when a thread listens to the last byte; the largest snapshot then needs 70 KB a second

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.reading: dict[TConn, tuple[float, socket.socket]] = {}

    def handle(self, conn: TConn) -> Any:
        """A thread begins to read. A second handle on the connection outlives its wrapping in TLS."""
        handle = socket.socket(fileno=os.dup(conn.sock.fileno()))
        self.reading[conn] = (time.monotonic() + self.seconds, handle)
        return super().handle(conn)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        self.let_go(conn)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Called by the loop: end the reading of those whose time is over. What they are sent still goes out."""
        super().murder_pending()
        now = time.monotonic()
        for conn, (end, handle) in list(self.reading.items()):
            if end >= now:
                continue
            with suppress(OSError):  # the client has gone
                handle.shutdown(socket.SHUT_RD)
            self.let_go(conn)

    def let_go(self, conn: TConn) -> None:
        _end, handle = self.reading.pop(conn, (0.0, None))
        if handle is not None:
            handle.close()
