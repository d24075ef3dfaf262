"""A visit to a machine without Python: its engines through the connection, its files by stat and head."""

from __future__ import annotations

from typing import Any

from posture.remote.agent_code import agent_module
from posture.remote.connection import Connection
from posture.remote.elsewhere import elsewhere
from posture.remote.exchange import Watch
from posture.remote.problems import RemoteTrouble
from posture.remote.shell import Shell
from posture.remote.shell_files import ShellFiles
from posture.remote.shipping import VISIT_SECONDS, Wishes
from posture.remote.tunnel import Tunnel, engine_client


def visit_with_shell(connection: Connection, wishes: Wishes) -> bytes:
    """The answer (JSON) of a visit whose collectors run here. Raises RemoteTrouble."""
    watch = Watch(connection.transport, VISIT_SECONDS)
    watch.timer.start()
    try:
        shell = Shell(connection)
        return collected(ShellFiles(shell, elsewhere()), Tunnel(connection), wishes)
    except RemoteTrouble:
        if watch.over:
            raise RemoteTrouble("timed_out", f"after {VISIT_SECONDS:.0f} seconds") from None
        raise
    finally:
        watch.timer.cancel()


def collected(files: ShellFiles, tunnel: Tunnel, wishes: Wishes) -> bytes:
    """Run the agent's collectors over these files and this way to the engines."""
    visit, endpoints = agent_module("visit"), agent_module("endpoints")
    options: Any = visit.Visit(sockets(files, endpoints, wishes), wishes.key, visit.unpacked(wishes.contents))
    options.files = files
    options.client = engine_client(agent_module("engine_api"), tunnel, files)
    answer: bytes = agent_module("wire").canonical(visit.answer(options, wishes.interval))
    return answer


def sockets(files: ShellFiles, endpoints: Any, wishes: Wishes) -> list[str]:
    """The engines' endpoints of before, and those sockets in the usual places that exist, each once."""
    found, seen = [], set()
    for path in (*endpoints.DOCKER_SOCKETS, *endpoints.PODMAN_SOCKETS, *of_users(files, endpoints)):
        real = files.resolved(path)
        if real not in seen and files.exists(path):
            seen.add(real)
            found.append(f"unix://{path}")
    known = [*wishes.engines, *(one for one in found if one not in wishes.engines)]
    return known or [f"unix://{endpoints.DOCKER_SOCKETS[0]}"]


def of_users(files: ShellFiles, endpoints: Any) -> list[str]:
    """Sockets of rootless engines of whoever is logged in, as far as this account may look."""
    try:
        users = [name for name in files.names(endpoints.USERS) if name.isdigit()]
    except OSError:
        return []
    return [f"{endpoints.USERS}/{uid}/{name}" for uid in users for name in endpoints.ROOTLESS_SOCKETS]
