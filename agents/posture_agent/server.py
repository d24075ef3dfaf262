"""The Posture server as the agent sees it: enrol, check in, deliver. TLS is always verified."""

from __future__ import annotations

import binascii
import json
import os
import re
from functools import partial

from . import VERSION, dial, encryption
from .address import Address
from .clock import seconds_of
from .failures import STOPPED, UNREACHABLE, Failure
from .http1 import Connection
from .line import Line
from .packing import compressed
from .patience import retry_after
from .proxy import ProxyRefused, proxy_for
from .reading import Deadline
from .reasons import words_of
from .request import Request
from .sha256 import keyed, sha256
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Optional

TIMEOUT = 30.0  # seconds for a whole exchange
MAX_ANSWER = 64 * 1024
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
STOPPING = (401, 403, 409)
UNFIT = (413, 422)  # of what this very body is
OURS = "/problems/"  # how the type of a problem begins that a Posture server has with a request
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----")


class ServerError(Failure):
    """A request failed; the text is fit to be shown."""


class Unreachable(ServerError):
    """Try again later, after ``wait`` seconds at the earliest."""

    status = UNREACHABLE

    def __init__(self, words: str, wait: float = 0.0, answered: int = 0) -> None:
        super().__init__(words)
        self.wait = wait
        self.answered = answered  # HTTP status; 0 where no answer came


class Misdirected(Unreachable):
    """Whatever answered is not the server, or one of another version: its word about a request means nothing."""


class Refused(ServerError):
    """The server will never take this request; others may fare better."""


class Stopped(ServerError):
    """The server will take nothing from this installation: a person has to act."""

    status = STOPPED

    def __init__(self, words: str, answered: int = 0) -> None:
        super().__init__(words)
        self.answered = answered  # HTTP status


class Server:
    """One server; keeps its connection from call to call.

    ``ca``: path of the only certificate authorities to trust, None for the system's. ``token`` and ``key``: of this
    installation, empty before it has them. ``proxy``: as in ``proxy_for``. Raises UsageError or ServerError.
    """

    def __init__(
        self, url: str, ca: Optional[str] = None, token: str = "", key: bytes = b"", proxy: Optional[str] = None
    ) -> None:
        self.address = Address(url)
        self.url = str(self.address)
        self.token = token
        self.key = key
        secure = self.address.scheme == "https"
        self.line = line_to(self.address, partial(trusting, ca) if secure else None, proxy)

    def enrol(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST an Enrolment; the answer holds the token."""
        return self._call("enrol", body)

    def check_in(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a CheckIn."""
        return self._call("check-in", body)

    def deliver(self, packed: bytes) -> dict[str, Any]:
        """POST a Snapshot, as gzip; returns once the server has committed it."""
        return self._post("snapshots", packed)

    def passages(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST Passages; returns once the server has committed them."""
        return self._call("passages", body)

    def hello(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a Hello: asks whether the server knows this installation, and changes nothing."""
        return self._call("hello", body)

    def rotate(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a Rotation; the answer holds the next token and key."""
        return self._call("rotate", body)

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        self.line.close()

    @property
    def bytes_sent(self) -> int:
        """Bytes of HTTP sent in all calls so far."""
        return self.line.sent

    @property
    def bytes_received(self) -> int:
        """Bytes of HTTP received in all calls so far."""
        return self.line.received

    def _call(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return self._post(name, compressed(text.encode("utf-8", "replace")))

    def _post(self, name: str, data: bytes) -> dict[str, Any]:
        path = "/api/v1/agent/" + name
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        if name != "check-in":  # which says it in its body, and is to take 1 KB both ways
            headers["User-Agent"] = "posture-agent/" + VERSION
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if self.key:
            headers["Posture-Mac"] = keyed(self.key, path.encode("ascii") + b"\n" + data)
        status, answer, waits = exchange(self.address, self.line, "POST", path, data, headers)
        if status in (200, 201):
            return parsed(status, answer)
        raise problem(status, answer, waits)


def trusting(ca: Optional[str]) -> Any:
    """The context that trusts the authorities in a file, None for the system's. Raises ServerError."""
    try:
        return encryption.trusting(ca)
    except OSError:
        raise Unreachable(say("the certificate authority in %s cannot be read", ca)) from None


def line_to(address: Address, secure: Optional[Callable[[], Any]], proxy: Optional[str]) -> Line:
    """The line to a server, through a proxy where one is to be used, encrypted where ``secure`` makes a context.

    It does so at the first connection, when the memory of the collection is free again.
    """
    through = proxy_for(address, proxy, os.environ)
    contexts: list[Any] = []

    def connection(deadline: Deadline) -> Connection:
        if secure is not None and not contexts:
            contexts.append(secure())
        if through is None:
            reached = dial.tcp(address.host, address.port, deadline)
        else:
            reached = through.tunnel(address, deadline)
        if contexts:
            reached = encryption.encrypted(reached, contexts[0], address.host, deadline)
        return Connection(reached, address.authority)

    return Line(connection)


def exchange(
    address: Address, line: Line, method: str, path: str, data: Optional[bytes], headers: Mapping[str, str]
) -> tuple[int, bytes, float]:
    """(status, body, seconds to wait) of one request; redirects are not followed. Raises ServerError."""
    deadline = Deadline(TIMEOUT)
    try:
        answer = line.ask(Request(method, address.path + path, headers, data), deadline)
        waits = retry_after(answer.headers.get("retry-after", ""), answer.headers.get("date", ""))
        return answer.status, answer.body(MAX_ANSWER), waits
    except dial.Untrusted as error:
        line.close()
        raise Unreachable(say("the certificate of %s is not trusted: %s", address.host, words_of(error))) from None
    except ProxyRefused as error:
        line.close()
        raise Unreachable(words_of(error)) from None
    except OSError as error:
        line.close()
        raise Unreachable(say("cannot reach %s: %s", address, words_of(error))) from None
    except ValueError as error:
        line.close()
        raise Unreachable(words_of(error)) from None


def parsed(status: int, answer: bytes) -> dict[str, Any]:
    """The answer's JSON object. Raises Misdirected where it does not tell the server's time, as each of ours does."""
    value = json_object(answer)
    if seconds_of(value.get("now")) is None:
        raise Misdirected(say("the answer does not come from a Posture server"), answered=status)
    return value


def json_object(answer: bytes) -> dict[str, Any]:
    """The JSON object that an answer is; empty where it is none."""
    try:
        value = json.loads(answer.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def problem(status: int, answer: bytes, waits: float) -> ServerError:
    """The error for an answer that is no success, with the server's own words where it gave some.

    Whoever stands in between may say the same numbers: only a problem of ours is believed to be about this request.
    """
    details = json_object(answer)
    words = printable(details.get("detail")) or printable(details.get("title")) or say("no details")
    field = printable(details.get("field"))
    if field:
        text = say("the server answered %d: %s (field %s)", status, words, field)
    else:
        text = say("the server answered %d: %s", status, words)
    if status in TRANSIENT:
        return Unreachable(text, waits, status)
    if ours(details) and status in STOPPING:
        return Stopped(text, status)
    if ours(details) and status in UNFIT:
        return Refused(text)
    if not ours(details):
        text = say("%s; that does not come from a Posture server", text)
    return Misdirected(text, waits, status)


def ours(details: Mapping[str, Any]) -> bool:
    """Whether an answer's object is a problem that a Posture server has with a request."""
    return str(details.get("type")).startswith(OURS)


def printable(value: Any) -> str:
    """A server's words on one line and without control characters; empty where it gave none."""
    text = value[:300] if isinstance(value, str) else ""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def fetch_authority(url: str, digest: str, proxy: Optional[str] = None) -> str:
    """The server's own certificate authority as PEM, fetched unverified and refused unless its digest agrees."""
    address = Address(url)
    # Believes anybody: the digest that the operator gave stands for the verification.
    line = line_to(address, encryption.unverified if address.scheme == "https" else None, proxy)
    try:
        status, answer, _ = exchange(address, line, "GET", "/agent/ca.pem", None, {})
    finally:
        line.close()
    if status != 200:
        raise ServerError(say("the server has no certificate authority of its own (status %d)", status))
    pem = certificate(answer)
    der = binascii.a2b_base64(pem.partition("\n")[2].rpartition("-----END")[0])
    if sha256(der).hexdigest() != digest.lower().replace(":", ""):
        raise ServerError(
            say("the server's certificate authority has another SHA-256 than the one given: do not trust it")
        )
    return pem


def certificate(answer: bytes) -> str:
    """The one PEM certificate that an answer holds, and nothing beside it."""
    found = CERTIFICATE.fullmatch(answer.decode("ascii", "replace").replace("\r", "").strip())
    try:
        binascii.a2b_base64(found.group(1) if found else "-")
    except ValueError:
        found = None
    if found is None:
        raise ServerError(say("the server's certificate authority is no certificate"))
    return found.group(0) + "\n"
