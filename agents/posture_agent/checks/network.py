"""The way to the server, step by step: name, connection, certificate, server, clock, token."""

from __future__ import annotations

import calendar
import os
import socket
import time

from .. import PROTOCOL, dial, encryption, placing, programs
from ..address import Address
from ..clock import moment
from ..credentials import key_bytes
from ..dial import Untrusted
from ..http1 import Connection
from ..lock import Busy, Locked
from ..proxy import Proxy, ProxyRefused, proxy_for
from ..reading import Deadline
from ..reasons import words_of
from ..request import Request
from ..server import Misdirected, ServerError, Stopped, json_object, ours
from ..sha256 import sha256
from ..state import State
from ..transport import PINNED, Transport
from ..words import say
from . import FINE, NOTE, WRONG, Result, bounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Optional

    from ..answer import Answer

STEP = 10.0  # seconds for a step
SKEW = 60.0  # seconds by which clocks may differ; the server corrects more, but logs do not agree then
DATE = "%a, %d %b %Y %H:%M:%S GMT"


class Way:
    """The way to the server of an enrolled host."""

    def __init__(self, state: State, transport: Transport) -> None:
        enrolment = state.enrolment()
        self.state = state
        self.transport = transport
        self.enrolment: dict[str, Any] = enrolment
        self.address = Address(str(enrolment["url"]))
        self.proxy: Optional[Proxy] = proxy_for(self.address, transport.proxy, os.environ)
        self.ca = state.path(PINNED) if enrolment.get("ca") else transport.ca

    def results(self) -> Iterator[Result]:
        """Each step; the first one that fails ends it."""
        if self.proxy is not None:
            yield Result(FINE, say("the proxy %s is used", self.proxy))
        host, port = (self.address.host, self.address.port)
        if self.proxy is not None:
            host, port = self.proxy.host, self.proxy.port
        try:
            found = bounded(STEP, socket.getaddrinfo, dial.wire_name(host), port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            yield Result(WRONG, say("the name %s is not known", host), say("Look at /etc/resolv.conf and the name."))
            return
        yield Result(FINE, say("%s is %s", host, found[0][4][0]))
        try:
            connected = bounded(STEP + 1, self.connected)
        except ProxyRefused as error:
            yield Result(WRONG, str(error), say("Look at the setting proxy, and at what the proxy allows."))
            return
        except OSError as error:
            advice = say("Is the server running, and does a firewall let TCP to port %d through?", port)
            yield Result(WRONG, say("cannot connect to %s, port %d: %s", host, port, words_of(error)), advice)
            return
        yield Result(FINE, say("port %d of %s answers", port, host))
        yield from self.spoken(connected)

    def connected(self) -> socket.socket:
        """A socket that leads to the server."""
        deadline = Deadline(STEP)
        if self.proxy is not None:
            return self.proxy.tunnel(self.address, deadline)
        return dial.tcp(self.address.host, self.address.port, deadline)

    def spoken(self, plain: socket.socket) -> Iterator[Result]:
        """TLS, HTTP, the clock and the token, over a connected socket."""
        deadline = Deadline(STEP)
        try:
            connected = plain
            if self.address.scheme == "https":
                context = encryption.trusting(self.ca)
                connected = encryption.encrypted(plain, context, self.address.host, deadline)
                yield Result(FINE, say("the certificate of %s is trusted", self.address.host))
        except Untrusted as error:
            words = say("the certificate of %s is not trusted: %s", self.address.host, words_of(error))
            yield Result(WRONG, words, certificate_advice(str(error)))
            return
        except OSError as error:
            plain.close()
            words = say("no TLS with %s: %s", self.address.host, words_of(error))
            yield Result(WRONG, words, say("Look at the port, at what stands between, and at the setting ca."))
            return
        connection = Connection(connected, self.address.authority)
        try:
            path = self.address.path + "/agent/posture-agent.pyz.sha256"
            answer = connection.ask(Request("GET", path), deadline)
            body = answer.body(4096)
        except (OSError, ValueError) as error:
            words = say("%s does not answer: %s", self.address, words_of(error))
            yield Result(WRONG, words, say("Is this the address of the Posture server?"))
            return
        finally:
            connection.close()
        yield from server_results(answer, body)
        yield self.token()

    def token(self) -> Result:
        """Whether the server takes this installation's token and key; takes no number of a collection."""
        enrolment = self.enrolment
        try:
            with Locked(self.state):
                request = {
                    "protocol": PROTOCOL,
                    "installation": enrolment["installation"],
                    "message": self.state.position().message_number(),
                    "sent_at": moment(time.time()),
                    "measurements": {},
                }
                server = self.transport.server(
                    self.state,
                    str(enrolment["url"]),
                    bool(enrolment.get("ca")),
                    str(enrolment["token"]),
                    key_bytes(enrolment["key"]),
                )
                try:
                    answer = server.hello(request)
                finally:
                    server.close()
        except Busy:
            return Result(NOTE, say("the agent is at work, so its token was not tried"), say("Ask again in a minute."))
        except Stopped as error:
            advice = say("Enrol this host again: posture-agent enrol URL --key KEY --again")
            return Result(WRONG, say("the server refuses this installation: %s", error), advice)
        except Misdirected as error:
            return Result(WRONG, str(error), say("Is this the address of the Posture server?"))
        except ServerError as error:
            return Result(WRONG, str(error), say("Look at the server's own log."))
        if not isinstance(answer.get("host"), str):
            words = say("the answer does not come from a Posture server")
            return Result(WRONG, words, say("Is this the address of the Posture server?"))
        return Result(FINE, say("the server knows this host as %s", answer["host"][:253]))


def server_results(answer: Answer, body: bytes) -> Iterator[Result]:
    """Whether it is a Posture server, whether it offers another agent than this one, and what its clock says."""
    offered = body.decode("ascii", "replace").split()
    told = answer.status == 200 and len(offered) == 2 and len(offered[0]) == 64
    none = answer.status == 404 and ours(json_object(body))  # it has no agent to offer
    if not (told or none):
        words = say("what answers is no Posture server (status %d)", answer.status)
        yield Result(WRONG, words, say("Is this the address of the Posture server?"))
        return
    yield Result(FINE, say("a Posture server answers"))
    own = placing.content(programs.running_file())
    if own is not None and answer.status == 200 and sha256(own).hexdigest() != offered[0]:
        advice = say("Download it and run its install; see Add a host in Posture.")
        yield Result(NOTE, say("the server offers another version of the agent"), advice)
    date = answer.headers.get("date")
    if date is not None:
        yield clock(date, time.time())


def clock(date: str, now: float) -> Result:
    """How far the clocks are apart. ``date``: the server's word, as HTTP writes it."""
    try:
        seconds = now - calendar.timegm(time.strptime(date, DATE))
    except ValueError:
        return Result(NOTE, say("the server's date cannot be read"))
    if abs(seconds) <= SKEW:
        return Result(FINE, say("the clock agrees with the server's"))
    advice = say("Set the clock, best by NTP: timedatectl set-ntp true")
    return Result(WRONG, say("the clock differs from the server's by %d seconds", round(seconds)), advice)


def certificate_advice(reason: str) -> str:
    """What to do about a certificate, by the reason that ``tls`` gives."""
    if reason in ("it has expired", "it is not valid yet"):
        return say("Look at the clock of this host first, then at the server's certificate.")
    if reason == "it is for another name":
        return say("The certificate is for another name: use that name with posture-agent move URL.")
    return say(
        "For a server with its own authority: posture-agent move URL --ca-sha256 HEX, as Add a host shows it; "
        "for an authority of your own: the setting ca."
    )
