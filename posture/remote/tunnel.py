"""Connected streams to an engine's unix socket on a machine, through its SSH server."""

from __future__ import annotations

import shlex
from typing import Any

from paramiko import Channel, ChannelException, SSHException

from posture.remote.agent_code import agent_module
from posture.remote.connection import Connection
from posture.remote.exchange import OPEN_SECONDS

# $1: the socket. Becomes a program that passes standard input and output on to it.
RELAY = """if command -v socat >/dev/null 2>&1; then exec socat - "UNIX-CONNECT:$1"; fi
if command -v docker >/dev/null 2>&1; then exec docker --host "unix://$1" system dial-stdio; fi
if command -v podman >/dev/null 2>&1; then exec podman --remote --url "unix://$1" system dial-stdio; fi
if nc -h 2>&1 | grep -q -e ' -U' -e '\\[-.*U'; then exec nc -U "$1"; fi
exit 94"""
NO_RELAY = 94
NO_WAY = (  # translated where it is shown
    "The SSH server passes no connections to sockets on, and no program on the machine can: allow"
    " AllowStreamLocalForwarding in sshd_config, or install socat."
)


class Tunnel:
    """Opens streams to one socket: forwarded by sshd itself, else by a program that is there."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.forwards = True  # until sshd says that it does not, or its user may not

    def open(self, path: str) -> Channel:
        """A stream to the socket at this path. Raises OSError."""
        if self.forwards:
            try:
                return self.connection.transport.open_unix(path, timeout=OPEN_SECONDS)
            except ChannelException:
                self.forwards = False
            except (SSHException, EOFError) as error:
                raise OSError(str(error)) from error
        return self.relayed(path)

    def relayed(self, path: str) -> Channel:
        """A stream through a program of the machine, as root where sudo makes us so."""
        argv = ["sh", "-c", RELAY, "sh", path]
        if self.connection.reach.use_sudo and self.connection.reach.user != "root":
            argv = ["sudo", "-n", "--", *argv]
        try:
            channel = self.connection.transport.open_session(timeout=OPEN_SECONDS)
            channel.exec_command(shlex.join(argv))
        except (SSHException, EOFError) as error:
            raise OSError(str(error)) from error
        return channel


def engine_client(api: Any, tunnel: Tunnel, files: Any) -> Any:
    """The class of the agent's engine client whose connections go through a tunnel."""

    class TunnelClient(api.EngineClient):  # type: ignore[misc]  # the agent is loaded at run time
        """Reads one engine of the machine."""

        def _connect(self, deadline: Any) -> Channel:
            """A stream to the engine; the socket's own error where it is not there."""
            path = self.endpoint.removeprefix("unix://")
            files.stat(path)
            channel = tunnel.open(path)
            if not tunnel.forwards and channel.status_event.wait(0.3):
                if channel.recv_exit_status() == NO_RELAY and tunnel.connection.is_root:
                    raise api.EngineError(agent_module("reading").SOURCE_FAILED, NO_WAY)
                raise PermissionError(f"no way to {path}")  # this user may not open it
            return channel

        def peer_pid(self) -> None:
            """Nobody tells from here."""

    return TunnelClient
