"""Machines that send more than they may: whoever visits them ends, and keeps its memory."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import paramiko
import pytest
from paramiko import Message
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED, cMSG_CHANNEL_DATA

from posture.remote import metered, shell
from posture.remote.problems import RemoteTrouble
from posture.remote.shell import Shell
from posture.remote.unix_channel import UnixTransport

PIECE = b"A" * 32_000
FLOOD = 64 * 1024 * 1024


@contextmanager
def answered_by(serve: Callable[[socket.socket], None]) -> Iterator[socket.socket]:
    """A connection to somebody who does this with it."""
    here, there = socket.socketpair()
    thread = Thread(target=serve, args=(there,), daemon=True)
    thread.start()
    with here:
        yield here
    thread.join(10)
    assert not thread.is_alive()


def ended(transport: UnixTransport) -> bool:
    """Whether a transport gives up by itself, soon."""
    end = time.monotonic() + 10
    while transport.is_active() and time.monotonic() < end:
        time.sleep(0.02)
    return not transport.is_active()


def test_a_banner_without_end() -> None:
    sent = 0

    def serve(there: socket.socket) -> None:
        nonlocal sent
        with there:
            try:
                while sent < FLOOD:
                    sent += there.send(PIECE)
            except OSError:
                return

    with answered_by(serve) as here:
        transport = UnixTransport(here)
        transport.banner_timeout = 10
        with pytest.raises(paramiko.SSHException):
            transport.start_client(timeout=20)
        transport.close()
    assert sent < metered.BEFORE_LOGIN * 4


class Host(paramiko.ServerInterface):
    """Lets anybody in."""

    def check_auth_none(self, username: str) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return True


def flood(there: socket.socket) -> None:
    """An SSH server that minds no window."""
    server = paramiko.Transport(there)
    server.add_server_key(paramiko.ECDSAKey.generate())
    server.start_server(server=Host())
    channel = server.accept(10)
    assert channel is not None
    with suppress(OSError, EOFError):  # it was hung up on
        send_too_much(server, channel)
    server.close()


def send_too_much(server: paramiko.Transport, channel: paramiko.Channel) -> None:
    sent = 0
    while server.is_active() and sent < FLOOD:
        message = Message()
        message.add_byte(cMSG_CHANNEL_DATA)
        message.add_int(channel.remote_chanid)
        message.add_string(PIECE)
        server._send_user_message(message)  # type: ignore[attr-defined]  # what Channel.send itself uses
        sent += len(PIECE)


def test_data_beyond_the_window() -> None:
    with answered_by(flood) as here:
        transport = UnixTransport(here)
        transport.start_client(timeout=10)
        transport.auth_none("ops")
        channel = transport.open_session(timeout=10)
        assert ended(transport)
        assert len(channel.in_buffer) < metered.MOST_UNREAD * 1.5
        transport.close()


def test_a_packet_that_says_it_is_huge() -> None:
    def serve(there: socket.socket) -> None:
        with there:
            there.sendall(b"SSH-2.0-Huge\r\n" + (0x7FFFFFF8 + 4).to_bytes(4, "big") + b"\5\x14xx")
            while there.recv(65536):
                pass

    with answered_by(serve) as here:
        transport = UnixTransport(here)
        with pytest.raises(EOFError):
            transport.start_client(timeout=20)
        assert ended(transport)
        transport.close()


def test_answers_of_a_visit_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "MOST_TOGETHER", 1000)

    class Endless:
        """A channel whose machine answers every question with 300 bytes."""

        def __init__(self, mark: bytes) -> None:
            self.mark = mark

        def sendall(self, text: bytes) -> None:
            self.waiting = text.count(b"\n") // 2

        def recv(self, size: int) -> bytes:
            return (b"x" * 300 + b"\n" + self.mark + b" 0\n") * self.waiting

    asked = Shell.__new__(Shell)
    asked.mark, asked.answers, asked.buffer, asked.room = b"mark", {}, b"", shell.MOST_TOGETHER
    asked.channel = Endless(b"mark")  # type: ignore[assignment]  # all of a channel that is asked for
    asked.ask_all([("c", f"/{number}") for number in range(3)])
    with pytest.raises(RemoteTrouble, match="output_too_large"):
        asked.ask("c", "/3")
