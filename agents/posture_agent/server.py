"""The Posture server as the agent sees it: enrol, check in, deliver. TLS is always verified."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from urllib.parse import urlsplit

from . import VERSION
from .spool import compressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Optional

TIMEOUT = 30.0
MAX_ANSWER = 64 * 1024
MAX_WAIT = 3600.0  # seconds; a longer Retry-After is not believed
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
STOPPING = (401, 403, 409)


class ServerError(Exception):
    """A request failed; the text is fit to be shown."""


class Unreachable(ServerError):
    """Try again later, after ``wait`` seconds at the earliest."""

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait


class Refused(ServerError):
    """The server will never take this request; others may fare better."""


class Stopped(ServerError):
    """The server will take nothing from this installation: a person has to act."""


class Server:
    """One server. ``ca``: path of the only certificate authority to trust, None for the system's."""

    def __init__(self, url: str, ca: Optional[str] = None, token: str = "") -> None:
        self.url = checked_url(url)
        self.token = token
        self.context: Optional[ssl.SSLContext] = None
        if self.url.startswith("https:"):
            try:
                self.context = ssl.create_default_context(cafile=ca)
            except (OSError, ssl.SSLError):
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
        status, answer, waits = exchange(self.url, self.context, "POST", path, data, headers)
        if status in (200, 201):
            return parsed(answer)
        raise problem(status, answer, waits)


def checked_url(text: str) -> str:
    """The server's address without a trailing slash. Plain HTTP is for this very machine only. Raises ServerError."""
    parts = urlsplit(text.strip())
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query:
        raise ServerError("the server is named https://HOST[:PORT]")
    if parts.scheme == "http" and host not in ("localhost", "::1") and not host.startswith("127."):
        raise ServerError("plain http would show the token to the network: use https")
    try:
        port = parts.port
    except ValueError:
        raise ServerError("the server's port is no number") from None
    bracketed = "[%s]" % host if ":" in host else host
    return "%s://%s%s%s" % (parts.scheme, bracketed, ":%d" % port if port else "", parts.path.rstrip("/"))


def exchange(
    url: str,
    context: Optional[ssl.SSLContext],
    method: str,
    path: str,
    data: Optional[bytes],
    headers: Mapping[str, str],
) -> tuple[int, bytes, str]:
    """(status, body, Retry-After) of one request over a connection of its own; redirects are not followed."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if context is not None:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=TIMEOUT, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
    try:
        connection.request(method, parts.path + path, body=data, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read(MAX_ANSWER), response.getheader("Retry-After") or ""
    except ssl.SSLCertVerificationError as error:
        reason = getattr(error, "verify_message", "") or "verification failed"
        raise Unreachable("the certificate of %s is not trusted: %s" % (host, reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable("cannot reach %s: %s" % (url, network_words(error))) from None
    finally:
        connection.close()


def network_words(error: BaseException) -> str:
    """What went wrong on the network, in few words."""
    if isinstance(error, socket.timeout):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the name is not known"
    return str(getattr(error, "strerror", None) or type(error).__name__)


def parsed(answer: bytes) -> dict[str, Any]:
    """The answer's JSON object; anything else comes from something that is no Posture server."""
    try:
        value = json.loads(answer.decode("utf-8"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Unreachable("the answer does not come from a Posture server")
    return value


def problem(status: int, answer: bytes, waits: str) -> ServerError:
    """The error for an answer that is no success, with the server's own words where it gave some."""
    try:
        details = json.loads(answer.decode("utf-8"))
    except ValueError:
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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the digest that the operator gave stands for the verification
    status, answer, _ = exchange(checked_url(url), context, "GET", "/agent/ca.pem", None, {})
    if status != 200:
        raise ServerError("the server has no certificate authority of its own (status %d)" % status)
    try:
        pem = answer.decode("ascii")
        der = ssl.PEM_cert_to_DER_cert(pem.strip())
    except ValueError:
        raise ServerError("the server's certificate authority is no certificate") from None
    if not hmac.compare_digest(hashlib.sha256(der).hexdigest(), sha256.lower().replace(":", "")):
        raise ServerError("the server's certificate authority has another SHA-256 than the one given: do not trust it")
    return ssl.DER_cert_to_PEM_cert(der)
