"""Lets this host into a server: once, with an enrolment key; afterwards with the token the server gives."""

from __future__ import annotations

from . import PROTOCOL
from .collectors import identity
from .credentials import is_key, is_token
from .hostfiles import HostFiles
from .server import Server, ServerError, fetch_authority
from .spool import Spool
from .state import State, StateError
from .storage import write_file
from .wire import agent_info, random_identifier

DEFAULT_INTERVAL = 300  # seconds


def enrol(state: State, url: str, key: str, ca_sha256: str | None, again: bool) -> str:
    """Enrol and keep the token; returns words for the person. Raises ServerError or StateError."""
    if state.enrolled() and not again:
        raise StateError("this host is enrolled with %s already: add --again to enrol anew" % state.enrolment()["url"])
    ca = keep_authority(state, url, ca_sha256)
    server = Server(url, ca)
    installation = random_identifier()
    answer = server.enrol(
        {
            "protocol": PROTOCOL,
            "key": key,
            "installation": installation,
            "hostname": identity.hostname(),
            "machine_id": identity.machine_id(HostFiles()),
            "agent": agent_info(DEFAULT_INTERVAL),
        }
    )
    token, key_of_messages = answer.get("token"), answer.get("key")
    interval = answer.get("interval", DEFAULT_INTERVAL)
    if not is_token(token) or not is_key(key_of_messages) or not isinstance(interval, int):
        raise ServerError("the answer does not come from a Posture server")
    Spool(state.path("spool")).clear()
    state.save_enrolment(
        {
            "url": server.url,
            "installation": installation,
            "token": token,
            "key": key_of_messages,
            "ca": bool(ca),
            "interval": interval,
        }
    )
    return "enrolled with %s" % server.url


def move(state: State, url: str, ca_sha256: str | None) -> str:
    """Follow the server to another address: same host, same token. Returns words for the person."""
    enrolment = state.enrolment()
    ca = keep_authority(state, url, ca_sha256)
    server = Server(url, ca)
    state.change_enrolment(dict(enrolment, url=server.url, ca=bool(ca)))
    return "the server is %s" % server.url


def keep_authority(state: State, url: str, ca_sha256: str | None) -> str | None:
    """Fetch and keep the server's own certificate authority; its path, None where the system's are to be trusted."""
    if not ca_sha256:
        return None
    path = state.path("ca.pem")
    write_file(path, fetch_authority(url, ca_sha256).encode("ascii"))
    return path
