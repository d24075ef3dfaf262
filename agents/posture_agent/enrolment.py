"""Lets this host into a server: once, with an enrolment key; afterwards with the token the server gives."""

from __future__ import annotations

from . import PROTOCOL
from .collectors import identity
from .credentials import is_key, is_token
from .hostfiles import HostFiles
from .server import ServerError
from .spool import Spool
from .state import State, StateError
from .transport import Transport
from .wire import agent_info, random_identifier
from .words import say

DEFAULT_INTERVAL = 300  # seconds


def enrol(state: State, url: str, key: str, ca_sha256: str | None, again: bool, transport: Transport) -> str:
    """Enrol and keep the token; returns words for the person. Raises ServerError or StateError."""
    if state.enrolled() and not again:
        known = state.enrolment()["url"]
        raise StateError(say("this host is enrolled with %s already: add --again to enrol anew", known))
    pinned = transport.pin(state, url, ca_sha256)
    server = transport.server(state, url, pinned)
    installation = random_identifier()
    try:
        answer = server.enrol(
            {
                "protocol": PROTOCOL,
                "key": key,
                "installation": installation,
                "hostname": identity.hostname(HostFiles()),
                "machine_id": identity.machine_id(HostFiles()),
                "agent": agent_info(DEFAULT_INTERVAL),
            }
        )
    finally:
        server.close()
    token, key_of_messages = answer.get("token"), answer.get("key")
    interval = answer.get("interval", DEFAULT_INTERVAL)
    if not is_token(token) or not is_key(key_of_messages) or not isinstance(interval, int):
        raise ServerError(say("the answer does not come from a Posture server"))
    Spool(state.path("spool")).clear()
    state.save_enrolment(
        {
            "url": server.url,
            "installation": installation,
            "token": token,
            "key": key_of_messages,
            "ca": pinned,
            "interval": interval,
        }
    )
    return say("enrolled with %s", server.url)


def move(state: State, url: str, ca_sha256: str | None, transport: Transport) -> str:
    """Follow the server to another address: same host, same token. Returns words for the person."""
    enrolment = state.enrolment()
    pinned = transport.pin(state, url, ca_sha256)
    server = transport.server(state, url, pinned)
    state.change_enrolment(dict(enrolment, url=server.url, ca=pinned))
    return say("the server is %s", server.url)
