"""A small client of the Docker Engine API: GET requests only, over one kept-alive connection.

Methods are named like those of docker.APIClient, so that the collectors also run over that client.
Source of the paths: the Docker Engine API reference; Podman answers the same paths.
"""

from __future__ import annotations

import json
import os
import re
import socket
import struct

from . import dial, encryption
from .endpoints import CERTIFICATES, address_of, user_of
from .heads import BadAnswer, CutShort, TooLarge
from .http1 import Connection
from .line import Line
from .reading import ABSENT, NOT_PERMITTED, SOURCE_FAILED, TIMED_OUT, TOO_LARGE, Deadline
from .request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from .answer import Answer

OLDEST_API, NEWEST_API = (1, 23), (1, 52)  # the versions whose answers the collectors were written for
VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
MAX_ANSWER = 32 * 1024 * 1024
MAX_DIGITS = 4000  # of a number in an answer; old Pythons take hours to read one of millions
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
NOBODY = 65534  # whose uid has no number in our namespace
HEADERS = {"Accept": "application/json"}
UNSAFE = re.compile(rb"[^A-Za-z0-9_.~:-]")  # in a part of a path


class EngineError(OSError):
    """An engine did not answer as expected. ``status_code`` is the HTTP status, 0 when there was none."""

    def __init__(self, reason: str, detail: str, status_code: int = 0) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status_code = status_code


class EngineClient:
    """Reads one engine. Not for use by several threads."""

    def __init__(self, endpoint: str, timeout: float = 20.0, certificates: Optional[str] = None) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.certificates = certificates  # folder of ca.pem, cert.pem and key.pem, for https endpoints
        self.prefix = ""  # "/v1.41" after version() negotiated it
        self._context: Any = None
        host = "localhost" if endpoint.startswith("unix://") else endpoint.partition("://")[2]
        self._line = Line(lambda deadline: Connection(self._connect(deadline), host))

    def version(self) -> Any:
        """GET /version; later calls speak the newest API version that both sides know."""
        answer = self._get("/version", versioned=False)
        self.prefix = negotiated(answer.get("ApiVersion"), answer.get("MinAPIVersion"))
        return answer

    def info(self) -> Any:
        """GET /info."""
        return self._get("/info")

    def containers(self, all: bool = False) -> Any:
        """GET /containers/json."""
        return self._get("/containers/json?all=%d" % all)

    def inspect_container(self, container: str) -> Any:
        """GET /containers/{id}/json."""
        return self._get("/containers/%s/json" % quoted(container))

    def exec_inspect(self, exec_id: str) -> Any:
        """GET /exec/{id}/json."""
        return self._get("/exec/%s/json" % quoted(exec_id))

    def images(self) -> Any:
        """GET /images/json: tagged and dangling images, without intermediate layers."""
        return self._get("/images/json")

    def inspect_image(self, image: str) -> Any:
        """GET /images/{id}/json."""
        return self._get("/images/%s/json" % quoted(image))

    def history(self, image: str) -> Any:
        """GET /images/{id}/history."""
        return self._get("/images/%s/history" % quoted(image))

    def get_image(self, image: str) -> Answer:
        """GET /images/{id}/get: the image as an open tar stream; the caller closes it and then the client."""
        answer = self._request(self.prefix + "/images/%s/get" % quoted(image))
        if answer.status != 200:
            answer.close()
            raise refused(answer.status)
        return answer

    def networks(self) -> Any:
        """GET /networks."""
        return self._get("/networks")

    def inspect_network(self, network: str) -> Any:
        """GET /networks/{id}."""
        return self._get("/networks/%s" % quoted(network))

    def volumes(self) -> Any:
        """GET /volumes."""
        return self._get("/volumes")

    def inspect_swarm(self) -> Any:
        """GET /swarm (answered by managers only)."""
        return self._get("/swarm")

    def nodes(self) -> Any:
        """GET /nodes (answered by managers only)."""
        return self._get("/nodes")

    def services(self) -> Any:
        """GET /services (answered by managers only)."""
        return self._get("/services")

    def secrets(self) -> Any:
        """GET /secrets (answered by managers only): their names; engines never give away what is in them."""
        return self._get("/secrets")

    def peer_pid(self) -> Optional[int]:
        """Pid of the process that listens on the engine's unix socket, as this pid namespace sees it."""
        if not self.endpoint.startswith("unix://"):
            return None
        try:
            with dial.unix(self.endpoint[len("unix://") :], Deadline(self.timeout)) as connection:
                return listener(connection)[0] or None
        except OSError:
            return None

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        self._line.close()

    def _connect(self, deadline: Deadline) -> socket.socket:
        """A socket connected to the endpoint; raises OSError."""
        if self.endpoint.startswith("unix://"):
            return of_its_user(dial.unix(self.endpoint[len("unix://") :], deadline), user_of(self.endpoint))
        host, port = address_of(self.endpoint)
        if not self.endpoint.startswith("https://"):
            return dial.tcp(host, port, deadline)
        self._context = self._context or client_context(self.certificates)
        return encryption.encrypted(dial.tcp(host, port, deadline), self._context, host, deadline)

    def _get(self, path: str, versioned: bool = True) -> Any:
        answer = self._request((self.prefix if versioned else "") + path)
        try:
            body = answer.body(MAX_ANSWER)
        except OSError as error:
            self.close()
            raise unanswered(error, self.endpoint) from None
        if answer.status != 200:
            if answer.status == 400 and self.endpoint.startswith("tcp://") and not versioned:
                raise EngineError(SOURCE_FAILED, "The engine refuses what is not encrypted. %s" % HOW_TO_ENCRYPT, 400)
            raise refused(answer.status)
        try:
            return json.loads(body.decode("utf-8", "replace"), parse_int=bounded)
        except (ValueError, RecursionError):
            raise EngineError(SOURCE_FAILED, "The engine's answer is not JSON.", answer.status) from None

    def _request(self, path: str) -> Answer:
        try:
            return self._line.ask(Request("GET", path, HEADERS), Deadline(self.timeout))
        except OSError as error:
            self.close()
            raise unanswered(error, self.endpoint) from None


def listener(connection: socket.socket) -> tuple[int, int, int]:
    """Pid, uid and gid of who listens at the other end of a unix socket. Raises OSError."""
    pid, uid, gid = CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size))
    return int(pid), int(uid), int(gid)


def of_its_user(connection: socket.socket, user: Optional[int]) -> socket.socket:
    """The connection, if ``user`` listens there (None: whoever does). Raises EngineError.

    A user may put a link to a socket that only root may use where its own engine's was.
    """
    if user is not None and listener(connection)[1] not in (user, NOBODY):
        connection.close()
        raise EngineError(NOT_PERMITTED, "The socket in this user's run-time directory is another user's.")
    return connection


def negotiated(newest: Any, oldest: Any) -> str:
    """The prefix of paths in the newest API version that we and an engine know; empty where it tells no version.

    ``newest`` and ``oldest`` are the engine's own; before Docker 1.13 engines told no oldest one. Raises EngineError.
    """
    most, least = api_version(newest), api_version(oldest)
    if most is None:
        return ""
    chosen = min(most, NEWEST_API)
    if chosen < OLDEST_API:
        raise EngineError(SOURCE_FAILED, "The engine is older than Docker 1.11, the first that the agent can read.")
    if least is not None and least > chosen:
        raise EngineError(SOURCE_FAILED, "The engine speaks no API version that this agent knows: update the agent.")
    return "/v%d.%d" % chosen


def api_version(text: Any) -> Optional[tuple[int, int]]:
    """1.41 as numbers; None for what is no version."""
    found = VERSION.fullmatch(text) if isinstance(text, str) else None
    return (int(found.group(1)), int(found.group(2))) if found else None


def quoted(text: str) -> str:
    """A name as part of a path."""
    return UNSAFE.sub(lambda found: b"%%%02X" % found.group()[0], text.encode("utf-8", "replace")).decode("ascii")


def bounded(digits: str) -> int:
    """A number of an answer; raises ValueError for one that no engine means."""
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number without end")
    return int(digits)


def client_context(folder: Optional[str]) -> Any:
    """What a TLS connection trusts, and shows of us. Raises EngineError.

    Without a folder the system's authorities are trusted; without cert.pem and key.pem in it nothing is shown.
    """
    if folder is None:
        return encryption.trusting(None)
    authority, certificate, key = (os.path.join(folder, name) for name in CERTIFICATES)
    try:
        context = encryption.trusting(authority)
        if os.path.exists(certificate) or os.path.exists(key):
            context.load_cert_chain(certificate, key, password=lambda: b"")  # never asks a terminal
    except (OSError, ValueError) as error:
        reason = NOT_PERMITTED if isinstance(error, PermissionError) else SOURCE_FAILED
        raise EngineError(reason, "ca.pem, cert.pem and key.pem in %s cannot be read." % folder) from None
    return context


def unanswered(error: BaseException, endpoint: str) -> EngineError:
    """What went wrong below HTTP, with words that say how to grant access where that is the cause."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, dial.Untrusted):
        detail = "The certificate of %s is not trusted: %s. %s" % (endpoint, error, HOW_TO_TRUST)
        return EngineError(SOURCE_FAILED, detail)
    if endpoint.startswith("https://") and type(error).__name__ == "SSLError":  # ssl is loaded where it is needed
        told = str(getattr(error, "reason", None) or "")
        if "ALERT" in told:
            return EngineError(NOT_PERMITTED, "The engine at %s refuses our certificate. %s" % (endpoint, HOW_TO_SHOW))
        return EngineError(SOURCE_FAILED, "The engine at %s does not speak TLS as it should." % endpoint)
    if endpoint.startswith("https://") and isinstance(error, (ConnectionResetError, BrokenPipeError)):
        detail = "The engine at %s broke off the connection, as for a certificate that it does not take. %s"
        return EngineError(NOT_PERMITTED, detail % (endpoint, HOW_TO_SHOW))
    if isinstance(error, PermissionError):
        detail = "The agent's account may not use %s. %s" % (endpoint, HOW_TO_GRANT)
        return EngineError(NOT_PERMITTED, detail)
    if isinstance(error, FileNotFoundError):
        return EngineError(ABSENT, "There is no engine socket at %s. %s" % (endpoint, HOW_TO_POINT))
    if isinstance(error, socket.timeout):
        return EngineError(TIMED_OUT, "The engine at %s did not answer in time." % endpoint)
    if isinstance(error, TooLarge):
        return EngineError(TOO_LARGE, "The engine's answer is larger than 32 MiB.")
    if isinstance(error, BadAnswer) and not isinstance(error, CutShort):
        return EngineError(SOURCE_FAILED, "The engine at %s answered with something that is not HTTP." % endpoint)
    if isinstance(error, ConnectionRefusedError):
        return EngineError(SOURCE_FAILED, "No engine listens on %s. Start the engine. %s" % (endpoint, HOW_TO_POINT))
    return EngineError(SOURCE_FAILED, "The engine at %s broke off the connection." % endpoint)


HOW_TO_GRANT = (
    "Run the agent as root, or let its account into the group that owns the socket "
    "(for Docker: usermod -aG docker ACCOUNT, which is equal to giving it root)."
)
HOW_TO_POINT = (
    "If the engine listens elsewhere, name it with --engine unix:///PATH; "
    "if it was removed for good, run posture-agent forget ENDPOINT."
)
HOW_TO_TRUST = "ca.pem in the folder of --engine-certs has to hold the authority of the engine's certificate."
HOW_TO_SHOW = "cert.pem and key.pem in the folder of --engine-certs have to be of an authority that the engine trusts."
HOW_TO_ENCRYPT = "Name it https://HOST:PORT, with its certificates in the folder of --engine-certs."


def refused(status: int) -> EngineError:
    """An HTTP answer other than 200. 401 and 403 come from authorization plugins."""
    if status in (401, 403):
        return EngineError(NOT_PERMITTED, "An authorization plugin of the engine refuses this request.", status)
    if status == 404:
        return EngineError(ABSENT, "The engine does not know this object.", status)
    return EngineError(SOURCE_FAILED, "The engine answered with status %d." % status, status)
