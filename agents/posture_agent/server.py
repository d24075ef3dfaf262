"""The Posture server as the agent sees it: enrol, check in, deliver. TLS is always verified."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import re
import socket

from . import VERSION, dial, encryption
from .failures import STOPPED, UNREACHABLE, Failure
from .http1 import Connection
from .reading import Deadline
from .spool import compressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Optional

TIMEOUT = 30.0  # seconds for a whole exchange
MAX_ANSWER = 64 * 1024
MAX_WAIT = 3600.0  # seconds; a longer Retry-After is not believed
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
STOPPING = (401, 403, 409)
ADDRESS = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[^][/?#@:\s]+)(?::([0-9]{1,5}))?(/[!-~]*)?", re.IGNORECASE)
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----")


class ServerError(Failure):
    """A request failed; the text is fit to be shown."""


class Unreachable(ServerError):
    """Try again later, after ``wait`` seconds at the earliest."""

    status = UNREACHABLE

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait


class Refused(ServerError):
    """The server will never take this request; others may fare better."""


class Stopped(ServerError):
    """The server will take nothing from this installation: a person has to act."""

    status = STOPPED


class Server:
    """One server. ``ca``: path of the only certificate authority to trust, None for the system's."""

    def __init__(self, url: str, ca: Optional[str] = None, token: str = "") -> None:
        self.address = Address(url)
        self.url = str(self.address)
        self.token = token
        self.context: Any = None
        if self.address.scheme == "https":
            try:
                self.context = encryption.trusting(ca)
            except OSError:
                raise ServerError("the certificate authority in %s cannot be read" % ca) from None

    def enrol(self, body: Mapping[str, Any]) -> Any:
        """POST an Enrolment; the answer holds the token."""
        return self._call("/api/v1/agent/enrol", body, packed=False)

    def check_in(self, body: Mapping[str, Any]) -> Any:
        """POST a CheckIn."""
        return self._call("/api/v1/agent/check-in", body, packed=False)

    def deliver(self, body: Mapping[str, Any]) -> Any:
        """POST a Snapshot; returns once the server has committed it."""
        return self._call("/api/v1/agent/snapshots", body, packed=True)

    def _call(self, path: str, body: Mapping[str, Any], packed: bool) -> Any:
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", "Accept": "application/json, application/problem+json"}
        headers["User-Agent"] = "posture-agent/" + VERSION
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if packed:
            data = compressed(data)
            headers["Content-Encoding"] = "gzip"
        status, answer, waits = exchange(self.address, self.context, "POST", path, data, headers)
        if status in (200, 201):
            return parsed(answer)
        raise problem(status, answer, waits)


class Address:
    """A server's address; as text without a trailing slash. Raises ServerError for anything else.

    Plain HTTP is for this very machine only.
    """

    def __init__(self, text: str) -> None:
        found = ADDRESS.fullmatch(text.strip())
        if found is None or "?" in text or "#" in text:
            raise ServerError("the server is named https://HOST[:PORT]")
        scheme, host, port, path = found.groups()
        self.scheme = scheme.lower()
        self.host = host.strip("[]").lower()
        if self.scheme == "http" and self.host not in ("localhost", "::1") and not self.host.startswith("127."):
            raise ServerError("plain http would show the token to the network: use https")
        self.port = int(port or (443 if self.scheme == "https" else 80))
        if not 0 < self.port < 65536:
            raise ServerError("the server's port is no port")
        self.path = (path or "").rstrip("/")
        name = dial.wire_name(self.host).decode("ascii")
        self.authority = "[%s]" % name if ":" in name else name  # for the Host header
        if port:
            self.authority += ":%d" % self.port

    def __str__(self) -> str:
        return "%s://%s%s" % (self.scheme, self.authority, self.path)


def exchange(
    address: Address,
    context: Any,
    method: str,
    path: str,
    data: Optional[bytes],
    headers: Mapping[str, str],
) -> tuple[int, bytes, str]:
    """(status, body, Retry-After) of one request over a connection of its own; redirects are not followed."""
    deadline = Deadline(TIMEOUT)
    try:
        reached = dial.tcp(address.host, address.port, deadline)
        if context is not None:
            reached = encryption.encrypted(reached, context, address.host, deadline)
        connection = Connection(reached, address.authority)
        try:
            answer = connection.ask(method, address.path + path, deadline, headers, data)
            return answer.status, answer.body(MAX_ANSWER), answer.headers.get("retry-after", "")
        finally:
            connection.close()
    except dial.Untrusted as error:
        raise Unreachable("the certificate of %s is not trusted: %s" % (address.host, error)) from None
    except OSError as error:
        raise Unreachable("cannot reach %s: %s" % (address, network_words(error))) from None
    except ValueError as error:
        raise ServerError(str(error)) from None


def network_words(error: BaseException) -> str:
    """What went wrong on the network, in few words."""
    if isinstance(error, socket.timeout):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the name is not known"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def parsed(answer: bytes) -> dict[str, Any]:
    """The answer's JSON object; anything else comes from something that is no Posture server."""
    try:
        value = json.loads(answer.decode("utf-8"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Unreachable("the answer does not come from a Posture server")
    return value


def problem(status: int, answer: bytes, waits: str) -> ServerError:
    """The error for an answer that is no success, with the server's own words where it gave some."""
    try:
        details = json.loads(answer.decode("utf-8"))
    except (ValueError, RecursionError):
        details = {}
    details = details if isinstance(details, dict) else {}
    words = printable(details.get("detail") or details.get("title") or "no details")
    text = "the server answered %d: %s" % (status, words)
    if details.get("field"):
        text += " (field %s)" % printable(details["field"])
    if status in TRANSIENT:
        return Unreachable(text, retry_after(waits))
    if status in STOPPING:
        return Stopped(text)
    return Refused(text)


def printable(value: Any) -> str:
    """A server's words on one line and without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in str(value)[:300])


def retry_after(header: str) -> float:
    """Seconds of a Retry-After header; 0 when there is none in seconds."""
    return min(MAX_WAIT, float(header)) if header.strip().isdigit() else 0.0


def fetch_authority(url: str, sha256: str) -> str:
    """The server's own certificate authority as PEM, fetched unverified and refused unless its digest agrees."""
    address = Address(url)
    # Believes anybody: the digest that the operator gave stands for the verification.
    context = encryption.unverified() if address.scheme == "https" else None
    status, answer, _ = exchange(address, context, "GET", "/agent/ca.pem", None, {})
    if status != 200:
        raise ServerError("the server has no certificate authority of its own (status %d)" % status)
    pem = certificate(answer)
    der = binascii.a2b_base64(pem.partition("\n")[2].rpartition("-----END")[0])
    if not hmac.compare_digest(hashlib.sha256(der).hexdigest(), sha256.lower().replace(":", "")):
        raise ServerError("the server's certificate authority has another SHA-256 than the one given: do not trust it")
    return pem


def certificate(answer: bytes) -> str:
    """The one PEM certificate that an answer holds, and nothing beside it."""
    found = CERTIFICATE.fullmatch(answer.decode("ascii", "replace").replace("\r", "").strip())
    try:
        binascii.a2b_base64(found.group(1) if found else "-")
    except ValueError:
        found = None
    if found is None:
        raise ServerError("the server's certificate authority is no certificate")
    return found.group(0) + "\n"
