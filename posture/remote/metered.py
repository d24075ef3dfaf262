"""What a machine may send that nobody asked for: paramiko takes whatever comes, however much it is."""

from __future__ import annotations

import socket
from typing import Any

from paramiko import Channel, Transport

BEFORE_LOGIN = 1024 * 1024  # bytes: banner, key exchange and the machine's words before it knows who we are
LARGEST_PACKET = 1024 * 1024  # bytes that a packet says it has; ours may have 32 KiB
MOST_UNREAD = 8 * 1024 * 1024  # bytes of a channel that nobody has read; its window is 2 MiB


class Metered:
    """A stream to a machine. One that floods us has ended, as far as its reader is concerned."""

    def __init__(self, stream: socket.socket | Channel, transport: Transport) -> None:
        self.stream = stream
        self.transport = transport
        self.received = 0

    def recv(self, size: int) -> bytes:
        """The next bytes; none at the end, or when the machine sent more than it may."""
        if size > LARGEST_PACKET or self.is_flooded():
            return b""
        data = self.stream.recv(size)
        self.received += len(data)
        return data

    def is_flooded(self) -> bool:
        """Whether too much came: before we proved who we are, or on a channel beyond its window."""
        inside: Any = self.transport  # its channels have no public door
        if not self.transport.is_authenticated():
            return self.received > BEFORE_LOGIN
        return any(len(each.in_buffer) + len(each.in_stderr_buffer) > MOST_UNREAD for each in inside._channels.values())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
