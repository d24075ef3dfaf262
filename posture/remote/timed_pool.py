"""HTTPS connections that end with a visit: without it a peer that drips bytes lasts as long as it likes."""

from __future__ import annotations

import contextlib
import os
import socket
from threading import Lock, Timer
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection


class EndingAdapter(HTTPAdapter):
    """Hangs up on everybody when the time is over, whatever is going on. ``over``: whether it is."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._open: list[socket.socket] = []
        self._lock = Lock()
        self._timer = Timer(seconds, self.hang_up)
        self._timer.daemon = True
        super().__init__()
        self._timer.start()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make pools whose connections are known here."""
        super().init_poolmanager(*args, **kwargs)
        adapter = self

        class Known(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                made = super()._new_conn()
                adapter.know(made)
                return made

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Known

        self.poolmanager.pool_classes_by_scheme = {"https": Pool}

    def know(self, made: socket.socket) -> None:
        """Keep a second handle: TLS takes the first one for itself."""
        with self._lock:
            if self.over:
                made.close()
                raise TimeoutError("timed out")
            self._open.append(socket.socket(fileno=os.dup(made.fileno())))

    def hang_up(self) -> None:
        """End every connection; who reads or writes on one is told so."""
        with self._lock:
            self.over = True
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """The visit is over in time."""
        self._timer.cancel()
        self.hang_up()
        for each in self._open:
            each.close()
        super().close()
