"""A small client of the Docker Engine API: GET requests only, over one kept-alive connection.

Methods are named like those of docker.APIClient, so that the collectors also run over that client.
Source of the paths: the Docker Engine API reference; Podman answers the same paths.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
from urllib.parse import quote

from .reading import ABSENT, NOT_PERMITTED, SOURCE_FAILED, TIMED_OUT, TOO_LARGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

NEWEST_API = (1, 47)  # the newest version whose answers the collectors were written for
MAX_ANSWER = 32 * 1024 * 1024
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


class EngineError(OSError):
    """An engine did not answer as expected. ``status_code`` is the HTTP status, 0 when there was none."""

    def __init__(self, reason: str, detail: str, status_code: int = 0) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status_code = status_code


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.socket_path = path

    def connect(self) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.timeout)
            connection.connect(self.socket_path)
        except OSError:
            connection.close()
            raise
        self.sock = connection


class EngineClient:
    """Reads one engine. Not for use by several threads."""

    def __init__(self, endpoint: str, timeout: float = 20.0) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.prefix = ""  # "/v1.41" after version() negotiated it
        self._connection: Optional[http.client.HTTPConnection] = None

    def version(self) -> Any:
        """GET /version; later calls speak the newest API version that both sides know."""
        answer = self._get("/version", versioned=False)
        offered = str(answer.get("ApiVersion", ""))
        if offered.replace(".", "", 1).isdigit() and "." in offered:
            major, minor = offered.split(".", 1)
            self.prefix = "/v%d.%d" % min((int(major), int(minor)), NEWEST_API)
        return answer

    def info(self) -> Any:
        """GET /info."""
        return self._get("/info")

    def containers(self, all: bool = False) -> Any:
        """GET /containers/json."""
        return self._get("/containers/json?all=%d" % all)

    def inspect_container(self, container: str) -> Any:
        """GET /containers/{id}/json."""
        return self._get("/containers/%s/json" % quote(container, safe=""))

    def exec_inspect(self, exec_id: str) -> Any:
        """GET /exec/{id}/json."""
        return self._get("/exec/%s/json" % quote(exec_id, safe=""))

    def images(self) -> Any:
        """GET /images/json: tagged and dangling images, without intermediate layers."""
        return self._get("/images/json")

    def inspect_image(self, image: str) -> Any:
        """GET /images/{id}/json."""
        return self._get("/images/%s/json" % quote(image, safe=":"))

    def history(self, image: str) -> Any:
        """GET /images/{id}/history."""
        return self._get("/images/%s/history" % quote(image, safe=":"))

    def get_image(self, image: str) -> http.client.HTTPResponse:
        """GET /images/{id}/get: the image as an open tar stream; the caller closes it and then the client."""
        return self._request(self.prefix + "/images/%s/get" % quote(image, safe=":"))

    def networks(self) -> Any:
        """GET /networks."""
        return self._get("/networks")

    def inspect_network(self, network: str) -> Any:
        """GET /networks/{id}."""
        return self._get("/networks/%s" % quote(network, safe=""))

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
        connection = UnixConnection(self.endpoint[len("unix://") :], self.timeout)
        try:
            connection.connect()
            answer = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        except OSError:
            return None
        finally:
            connection.close()
        return int(CREDENTIALS.unpack(answer)[0]) or None

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _get(self, path: str, versioned: bool = True) -> Any:
        response = self._request((self.prefix if versioned else "") + path)
        body = self._body(response)
        if response.status != 200:
            raise refused(response.status)
        try:
            return json.loads(body.decode("utf-8", "replace"))
        except ValueError:
            raise EngineError(SOURCE_FAILED, "The engine's answer is not JSON.", response.status) from None

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        try:
            body = response.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise unanswered(error, self.endpoint) from None
        if len(body) > MAX_ANSWER:
            self.close()
            raise EngineError(TOO_LARGE, "The engine's answer is larger than 32 MiB.")
        return body

    def _request(self, path: str) -> http.client.HTTPResponse:
        for attempt in (1, 2):
            fresh = self._connection is None
            connection = self._connection = self._connection or connect(self.endpoint, self.timeout)
            try:
                connection.request("GET", path, headers={"Accept": "application/json"})
                return connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                timed_out = isinstance(error, socket.timeout)
                # A kept-alive connection may have been closed by the engine meanwhile: ask once more.
                if fresh or timed_out or attempt == 2:
                    raise unanswered(error, self.endpoint) from None
        raise EngineError(SOURCE_FAILED, "The engine closed the connection.")


def connect(endpoint: str, timeout: float) -> http.client.HTTPConnection:
    """A connection object (not yet connected) for ``unix:///path`` or ``tcp://host:port``."""
    if endpoint.startswith("unix://"):
        return UnixConnection(endpoint[len("unix://") :], timeout)
    address = endpoint.split("://", 1)[-1].rstrip("/")
    host, _, port = address.rpartition(":")
    return http.client.HTTPConnection(host.strip("[]"), int(port), timeout=timeout)


def unanswered(error: BaseException, endpoint: str) -> EngineError:
    """What went wrong below HTTP, with words that say how to grant access where that is the cause."""
    if isinstance(error, PermissionError):
        detail = "The agent's account may not use %s. %s" % (endpoint, HOW_TO_GRANT)
        return EngineError(NOT_PERMITTED, detail)
    if isinstance(error, FileNotFoundError):
        return EngineError(ABSENT, "There is no engine socket at %s. %s" % (endpoint, HOW_TO_POINT))
    if isinstance(error, socket.timeout):
        return EngineError(TIMED_OUT, "The engine at %s did not answer in time." % endpoint)
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


def refused(status: int) -> EngineError:
    """An HTTP answer other than 200. 401 and 403 come from authorization plugins."""
    if status in (401, 403):
        return EngineError(NOT_PERMITTED, "An authorization plugin of the engine refuses this request.", status)
    if status == 404:
        return EngineError(ABSENT, "The engine does not know this object.", status)
    return EngineError(SOURCE_FAILED, "The engine answered with status %d." % status, status)
