"""Channels to a unix socket of the machine (direct-streamlocal@openssh.com), for which paramiko has no door."""

from __future__ import annotations

import socket
from threading import Event
from typing import Any

from paramiko import Channel, ChannelException, Message, SSHException, Transport
from paramiko.common import cMSG_CHANNEL_OPEN

from posture.remote.metered import Metered

KIND = "direct-streamlocal@openssh.com"


class UnixTransport(Transport):
    """A transport that also opens channels to unix sockets, and takes no more than it may be sent."""

    def __init__(self, stream: socket.socket | Channel) -> None:
        metered: Any = Metered(stream, self)  # a socket to all that the library does with it
        super().__init__(metered)

    def open_unix(self, path: str, *, timeout: float) -> Channel:
        """A channel to the socket at this path of the machine; ChannelException when the server refuses it.

        Made as ``open_channel`` makes its own: the library has no door for further kinds.
        """
        own: Any = self  # what follows is the library's inside, which its types leave out
        with own.lock:
            window, packet = own._sanitize_window_size(None), own._sanitize_packet_size(None)
            number = own._next_channel()
            channel, answered = Channel(number), Event()
            own._channels.put(number, channel)
            own.channel_events[number] = answered
            own.channels_seen[number] = True
            of_channel: Any = channel
            of_channel._set_transport(self)
            of_channel._set_window(window, packet)
        own._send_user_message(opening(number, window, packet, path))
        if not answered.wait(timeout):
            raise SSHException("The channel was not opened in time.")
        if own._channels.get(number) is None:
            raise self.get_exception() or ChannelException(2, "The channel was refused.")
        return channel


def opening(number: int, window: int, packet: int, path: str) -> Message:
    """The request: kind, our number and windows, the path, and two fields that OpenSSH reserves."""
    message = Message()
    message.add_byte(cMSG_CHANNEL_OPEN)
    message.add_string(KIND)
    message.add_int(number)
    message.add_int(window)
    message.add_int(packet)
    message.add_string(path)
    message.add_string("")
    message.add_int(0)
    return message
