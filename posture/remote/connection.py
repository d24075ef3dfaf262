"""A connection to a machine over SSH, by its keys alone: no password, no agent, nothing of this account's ~/.ssh.

>>> with connect(reach) as connection:
...     done = connection.run(["uname", "-r"])
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from django.utils import timezone
from paramiko import (
    AuthenticationException,
    Channel,
    ChannelException,
    PKey,
    SSHException,
    Transport,
)
from paramiko.ssh_exception import IncompatiblePeer

from posture.fleet.models import Reach
from posture.remote.account import SUDO, judge_command, judge_proof, proof
from posture.remote.algorithms import restrict
from posture.remote.exchange import OPEN_SECONDS, STDOUT_LIMIT, Finished, exchange
from posture.remote.host_keys import check_host_key, kind_of
from posture.remote.keys import private_key
from posture.remote.problems import RemoteTrouble
from posture.remote.unix_channel import UnixTransport
from posture.remote.way import way_to

CONNECT_SECONDS = 10.0
BANNER_SECONDS = 15.0
HANDSHAKE_SECONDS = 20.0
AUTH_SECONDS = 20.0
KEEPALIVE_SECONDS = 15
COMMAND_SECONDS = 60.0
PROHIBITED = 1  # a channel that the server's settings do not allow (RFC 4254, 5.1)
# $1: a new file beside the target, $2: its mode, $3: the target, $4: bytes that have to come: a connection that breaks
# off looks like the end of the file. The new file must not exist (no link is followed).
PUT = """set -Ceu; umask 077; trap 'rm -f -- "$1"' EXIT; trap 'exit 1' HUP INT TERM; cat > "$1"
size=$(($(wc -c < "$1")))
if [ "$size" -ne "$4" ]; then echo "$size of $4 bytes came" >&2; exit 1; fi
chmod "$2" "$1"; mv -f -- "$1" "$3"; trap - EXIT"""


def connect(reach: Reach) -> Connection:
    """Connect, through its jump hosts, and prove who we are; raises RemoteTrouble.

    Host keys are strictly the approved ones: HostKeyUnknown, HostKeyChanged; what was offered is kept with the reach.
    """
    transports: list[UnixTransport] = []
    try:
        for hop in way_to(reach):
            stream = forward(transports[-1], hop) if transports else dial(hop.address, hop.port)
            transports.append(open_transport(stream, hop))
    except BaseException:
        close_all(transports)
        raise
    return Connection(reach, transports)


class Connection:
    """An open connection; use it as a context manager. One thread at a time."""

    def __init__(self, reach: Reach, transports: list[UnixTransport]) -> None:
        self.reach = reach
        self._transports = transports
        self._tried: set[bool] = set()  # without sudo, with it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def transport(self) -> UnixTransport:
        """The connection to the machine itself."""
        return self._transports[-1]

    @property
    def is_root(self) -> bool:
        """Whether ``root=True`` means root: the user is, or sudo makes it."""
        return self.reach.user == "root" or self.reach.use_sudo

    def run(
        self,
        argv: Sequence[str],
        stdin: bytes = b"",
        *,
        limit: int = STDOUT_LIMIT,
        seconds: float = COMMAND_SECONDS,
        root: bool = False,
    ) -> Finished:
        """Run one program with its arguments; no shell of the machine ever interprets them.

        ``root``: through ``sudo -n`` where the reach says so; as the user where it does not. ``limit``: bytes of
        standard output. A status other than 0 is the caller's to judge. Raises RemoteTrouble, also where the account
        may not do it (no_commands, no_sudo, sudo_refused, sudo_terminal); after timed_out the connection is closed.
        """
        sudo = root and self.reach.use_sudo and self.reach.user != "root"
        self.try_account(sudo=sudo)
        words = [*SUDO, *argv] if sudo else argv
        done = exchange(self.transport, shlex.join(words), stdin, seconds=seconds, limit=limit)
        if sudo:
            judge_command(done)
        return done

    def check(self, argv: Sequence[str], stdin: bytes = b"", *, root: bool = False) -> bytes:
        """``run`` for what has to succeed: gives its standard output, else raises command_failed with its words."""
        done = self.run(argv, stdin, root=root)
        if done.status:
            words = done.stderr.decode(errors="replace")
            raise RemoteTrouble("command_failed", f"{argv[0]} ended with {done.status}: {words}")
        return done.stdout

    def put(self, content: bytes, path: str, *, mode: int, root: bool = False) -> None:
        """Write a file, whole or not at all, with this mode. Its folder has to be there. Raises RemoteTrouble."""
        fresh = f"{path}.{os.urandom(8).hex()}"
        self.check(["sh", "-c", PUT, "sh", fresh, f"{mode:o}", path, str(len(content))], content, root=root)

    def close(self) -> None:
        """Close the connection and those of the jump hosts."""
        close_all(self._transports)

    def try_account(self, *, sudo: bool) -> None:
        """Find out once whether the account runs commands, and with sudo those of root. Raises RemoteTrouble."""
        if sudo in self._tried:
            return
        judge_proof(exchange(self.transport, proof(sudo=sudo), b"", seconds=COMMAND_SECONDS, limit=STDOUT_LIMIT))
        self._tried |= {sudo, False}


def dial(address: str, port: int) -> socket.socket:
    """A TCP connection; raises RemoteTrouble."""
    try:
        return socket.create_connection((address, port), timeout=CONNECT_SECONDS)
    except socket.gaierror as error:
        raise RemoteTrouble("name_unknown", f"{address}: {error.strerror}") from error
    except UnicodeError as error:  # a label of a host name that cannot be encoded
        raise RemoteTrouble("name_unknown", address) from error
    except TimeoutError as error:
        raise RemoteTrouble("timed_out", f"{address}, port {port}") from error
    except ConnectionRefusedError as error:
        raise RemoteTrouble("refused", f"{address}, port {port}") from error
    except OSError as error:
        raise RemoteTrouble("unreachable", f"{address}, port {port}: {error.strerror}") from error


def forward(jump: Transport, hop: Reach) -> Channel:
    """A connection through a jump host; raises RemoteTrouble."""
    place = f"{hop.address}, port {hop.port}"
    try:
        return jump.open_channel("direct-tcpip", (hop.address, hop.port), ("127.0.0.1", 0), timeout=CONNECT_SECONDS)
    except ChannelException as error:
        raise RemoteTrouble("forwarding_refused" if error.code == PROHIBITED else "unreachable", place) from error
    except SSHException as error:
        raise RemoteTrouble("timed_out" if jump.is_active() else "connection_lost", place) from error


def open_transport(stream: socket.socket | Channel, hop: Reach) -> UnixTransport:
    """Agree on keys, check the machine's one, prove who we are; raises RemoteTrouble."""
    transport = UnixTransport(stream)
    try:
        negotiate(transport, hop)
        check_host_key(hop, transport.get_remote_server_key(), timezone.now())
        if hop.key is None:
            raise RemoteTrouble("no_key", hop.name)
        authenticate(transport, hop, private_key(hop.key))
        transport.set_keepalive(KEEPALIVE_SECONDS)
    except BaseException:
        transport.close()
        raise
    return transport


def negotiate(transport: Transport, hop: Reach) -> None:
    """The beginning of the protocol, up to an encrypted connection with whoever answers."""
    transport.banner_timeout = BANNER_SECONDS
    transport.handshake_timeout = HANDSHAKE_SECONDS
    transport.auth_timeout = AUTH_SECONDS
    transport.channel_timeout = OPEN_SECONDS
    restrict(transport.get_security_options(), approved=kind_of(hop.host_key))
    try:
        transport.start_client(timeout=BANNER_SECONDS + HANDSHAKE_SECONDS)
    except IncompatiblePeer as error:
        raise RemoteTrouble("no_common_algorithm", f"{hop.name}: {error}") from error
    except (SSHException, OSError, EOFError) as error:
        # Until the other side named itself nothing says that it speaks SSH.
        problem = "connection_lost" if transport.remote_version else "not_ssh"
        raise RemoteTrouble(problem, f"{hop.name}: {error}") from error


def authenticate(transport: Transport, hop: Reach, key: PKey) -> None:
    """Prove by the key that we are the user."""
    try:
        left = transport.auth_publickey(hop.user, key)
    except AuthenticationException as error:
        raise RemoteTrouble("auth_failed", f"{hop.user}@{hop.name}") from error
    except (SSHException, OSError, EOFError) as error:
        raise RemoteTrouble("connection_lost", f"{hop.name}: {error}") from error
    if left:  # it wants something else as well
        raise RemoteTrouble("auth_failed", f"{hop.user}@{hop.name}: {', '.join(left)}")


def close_all(transports: Sequence[Transport]) -> None:
    """Close connections, the farthest first."""
    for transport in reversed(transports):
        with contextlib.suppress(OSError, EOFError, SSHException):
            transport.close()
