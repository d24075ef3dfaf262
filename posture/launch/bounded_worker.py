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
    """All methods run in the worker's main thread, whose loop comes by at least once a second."""

    seconds = 60.0  # from the first byte to the last; a full snapshot then needs 35 KB a second

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.reading: dict[TConn, tuple[float, socket.socket]] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """A thread begins to read. A second handle on the connection outlives its wrapping in TLS."""
        handle = socket.socket(fileno=os.dup(conn.sock.fileno()))
        self.reading[conn] = (time.monotonic() + self.seconds, handle)
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        self.let_go(conn)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Called by the loop: end the reading of those whose time is over. What they are sent still goes out."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn, (end, _handle) in self.reading.items() if end < now]:
            with suppress(OSError):  # the client has gone
                self.reading[conn][1].shutdown(socket.SHUT_RD)
            self.let_go(conn)

    def let_go(self, conn: TConn) -> None:
        _end, handle = self.reading.pop(conn, (0.0, None))
        if handle is not None:
            handle.close()
