"""One command on a channel: data in, limited output out, an end in time."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from threading import Thread, Timer

from paramiko import Channel, ChannelException, SSHException, Transport

from posture.remote.problems import RemoteTrouble

STDOUT_LIMIT = 32 * 1024 * 1024  # bytes
STDERR_LIMIT = 64 * 1024
OPEN_SECONDS = 15.0
SESSION_SECONDS = 3.0  # for so long a session that is refused is asked for again
SESSION_PAUSE = 0.1
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended. ``status`` is -1 where a signal ended it."""

    status: int
    stdout: bytes
    stderr: bytes


def exchange(transport: Transport, command: str, stdin: bytes, *, seconds: float, limit: int) -> Finished:
    """Run a command with data on its standard input; raises RemoteTrouble.

    When the time is over the whole connection is closed: a machine may be silent in the middle of anything.
    """
    watch = Watch(transport, seconds)
    watch.timer.start()
    try:
        channel = open_session(transport)
        with contextlib.closing(channel):
            channel.exec_command(command)
            return follow(channel, stdin, limit)
    except (SSHException, OSError, EOFError) as error:
        if watch.over:
            raise RemoteTrouble("timed_out", f"after {seconds:.0f} seconds") from error
        raise RemoteTrouble("connection_lost", str(error)) from error
    finally:
        watch.timer.cancel()


def open_session(transport: Transport) -> Channel:
    """A channel for a command. Where only one may be open, the one before needs a moment to be gone.

    Raises RemoteTrouble (sessions_refused), SSHException.
    """
    end = time.monotonic() + SESSION_SECONDS
    while True:
        try:
            return transport.open_session(timeout=OPEN_SECONDS)
        except ChannelException as error:
            if time.monotonic() > end:
                raise RemoteTrouble("sessions_refused", str(error)) from error
        time.sleep(SESSION_PAUSE)


class Watch:
    """Closes the connection when the time is over."""

    def __init__(self, transport: Transport, seconds: float) -> None:
        self.transport = transport
        self.over = False
        self.timer = Timer(seconds, self.end)
        self.timer.daemon = True

    def end(self) -> None:
        """The time is over."""
        self.over = True
        self.transport.close()


def follow(channel: Channel, stdin: bytes, limit: int) -> Finished:
    """Feed the command and read it until it ends."""
    problems = Stderr(channel)
    Thread(target=feed, args=(channel, stdin), daemon=True).start()
    problems.start()
    pieces, size = [], 0
    while piece := channel.recv(CHUNK):
        size += len(piece)
        if size > limit:
            raise RemoteTrouble("output_too_large", f"more than {limit} bytes")
        pieces.append(piece)
    status = channel.recv_exit_status()
    problems.join(OPEN_SECONDS)
    if status < 0 and not channel.get_transport().is_active():
        raise EOFError("the connection ended before the command")
    return Finished(status, b"".join(pieces), bytes(problems.kept))


def feed(channel: Channel, stdin: bytes) -> None:
    """Write the command's standard input; one that stops reading says so by its status."""
    with contextlib.suppress(OSError, EOFError, SSHException):
        channel.sendall(stdin)
        channel.shutdown_write()


class Stderr(Thread):
    """Reads standard error to its end, and keeps the beginning of it."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(daemon=True)
        self.channel = channel
        self.kept = bytearray()

    def run(self) -> None:
        """Read until the end; what is beyond the limit is dropped."""
        with contextlib.suppress(OSError, EOFError, SSHException):
            while piece := self.channel.recv_stderr(CHUNK):
                self.kept += piece[: STDERR_LIMIT - len(self.kept)]
