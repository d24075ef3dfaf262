"""An engine over TLS, through Docker's own SDK; its answers go to the agent's collectors. Verified always."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests
from docker import APIClient
from docker.errors import DockerException, TLSParameterError
from docker.tls import TLSConfig

from posture.fleet.models import Reach
from posture.fleet.services.sealing import Unsealable, unseal
from posture.remote.agent_code import agent_module
from posture.remote.elsewhere import elsewhere
from posture.remote.problems import RemoteTrouble
from posture.remote.shipping import VISIT_SECONDS, Wishes
from posture.remote.timed_pool import EndingAdapter

PURPOSE = "tls key"
SECONDS = 20
UNSEEN = "Over TLS only the engine is seen. Collect over SSH, or run the agent there, to see its host."
VOLATILE = ("/proc/loadavg", "/proc/meminfo", "/proc/stat", "/proc/uptime", "/proc/sys/kernel/random/boot_id")
LARGEST = 32 * 1024 * 1024  # bytes of an answer


def visit_over_tls(reach: Reach, wishes: Wishes) -> bytes:
    """The answer (JSON) of a visit to an engine. Raises RemoteTrouble."""
    with certificates(reach) as tls:
        client = connected(reach, tls)
        with contextlib.closing(client):
            answer = collected(reach, client, wishes)
            if client.ending.over:
                raise RemoteTrouble("timed_out", f"after {VISIT_SECONDS:.0f} seconds")
            return answer


@contextlib.contextmanager
def certificates(reach: Reach) -> Iterator[TLSConfig]:
    """The SDK takes files: they are in a private folder in memory where there is one, for the visit alone."""
    try:
        key = unseal(bytes(reach.tls_key_sealed), purpose=PURPOSE)
    except Unsealable as error:
        raise RemoteTrouble("key_unreadable", str(error)) from error
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - the folder below is private
    with tempfile.TemporaryDirectory(prefix="posture-tls-", dir=place) as folder:
        files = {"ca.pem": reach.tls_ca.encode(), "cert.pem": reach.tls_certificate.encode(), "key.pem": key}
        for name, content in files.items():
            path = Path(folder, name)
            path.touch(mode=0o600)
            path.write_bytes(content)
        try:
            yield TLSConfig(
                client_cert=(f"{folder}/cert.pem", f"{folder}/key.pem"), ca_cert=f"{folder}/ca.pem", verify=True
            )
        except TLSParameterError as error:
            raise RemoteTrouble("tls_refused", str(error)) from error


class BoundedClient(APIClient):
    """The SDK's client; an answer has at most LARGEST bytes, sends us nowhere else, and ends with the visit. Proxies of
    this account's environment say nothing."""

    trust_env = property(lambda self: False, lambda self, value: None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.ending = EndingAdapter(VISIT_SECONDS)
        try:
            super().__init__(*args, **kwargs)  # asks the engine for its version
        except BaseException:
            self.ending.close()
            raise

    def get_adapter(self, url: str | bytes) -> EndingAdapter:
        """The one for every address."""
        return self.ending

    def close(self) -> None:
        """The visit is over."""
        super().close()
        self.ending.close()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Read an answer that is wanted whole within the limit."""
        as_stream = kwargs.pop("stream", False)
        response = super().send(request, **{**kwargs, "stream": True, "allow_redirects": False})
        if response.is_redirect:
            response.close()
            raise requests.exceptions.TooManyRedirects("The engine sends us to another address.")
        if not as_stream:
            pieces, size = [], 0
            for piece in response.iter_content(65536):
                size += len(piece)
                if size > LARGEST:
                    response.close()
                    raise requests.exceptions.ContentDecodingError("The engine's answer is larger than 32 MiB.")
                pieces.append(piece)
            response._content = b"".join(pieces)
        return response


def connected(reach: Reach, tls: TLSConfig) -> BoundedClient:
    """A client that has spoken with the engine; raises RemoteTrouble."""
    try:
        return BoundedClient(base_url=f"https://{bracketed(reach.address)}:{reach.port}", tls=tls, timeout=SECONDS)
    except (DockerException, requests.exceptions.RequestException) as error:
        raise RemoteTrouble(problem_of(error), str(error)[-500:]) from error


def problem_of(error: BaseException) -> str:
    """The problem behind what the SDK, or a library below it, says."""
    words = str(error).lower()
    for text, problem in (
        ("certificate", "tls_refused"),
        ("ssl", "tls_refused"),
        ("timed out", "timed_out"),
        ("refused", "refused"),
        ("resolve", "name_unknown"),
        ("name or service", "name_unknown"),
        ("no route", "unreachable"),
        ("unreachable", "unreachable"),
        ("reset", "connection_lost"),
        ("aborted", "connection_lost"),
    ):
        if text in words:
            return problem
    return "engine_unreadable"


def bracketed(address: str) -> str:
    """An address as part of a URL."""
    return f"[{address}]" if ":" in address else address


def collected(reach: Reach, client: BoundedClient, wishes: Wishes) -> bytes:
    """Run the agent's collectors over the engine's answers; of the host nothing is seen but its name."""
    visit, reading = agent_module("visit"), agent_module("reading")
    try:
        hostname = str(client.info().get("Name") or reach.name)
    except (DockerException, requests.exceptions.RequestException) as error:
        raise RemoteTrouble(problem_of(error), str(error)[-500:]) from error
    endpoint = f"tcp://{bracketed(reach.address)}:{reach.port}"
    options: Any = visit.Visit([endpoint], wishes.key, visit.unpacked(wishes.contents))
    options.files = NoFiles(hostname, reading, elsewhere())
    options.client = lambda _endpoint: TlsEngine(client)
    answer: bytes = agent_module("wire").canonical(visit.answer(options, wishes.interval))
    return answer


class TlsEngine:
    """The SDK's client under the names that the agent's own client has."""

    def __init__(self, client: BoundedClient) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def get_image(self, image: str) -> Stream:
        """The image as an open tar stream."""
        return Stream(self.client.get_image(image))

    def peer_pid(self) -> None:
        """Nobody tells from here."""

    def close(self) -> None:
        """The connections are closed at the end of the visit."""


class Stream:
    """Pieces of an answer, read like a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.held = b""

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``; empty at the end."""
        while not self.held:
            piece = next(self.pieces, None)
            if piece is None:
                return b""
            self.held = piece
        found, self.held = self.held[:size], self.held[size:]
        return found

    def close(self) -> None:
        """The rest is not wanted."""
        self.held, self.pieces = b"", iter(())


class NoFiles:
    """A host of which no file can be seen: each source that wants one is ``not_collected``."""

    local = False
    root = "/"

    def __init__(self, hostname: str, reading: Any, elsewhere: Any) -> None:
        self.hostname = hostname
        self.reading = reading
        self.elsewhere = elsewhere

    def system(self) -> Any:
        """The host's name, as the engine gives it; nothing else is known."""
        return SimpleNamespace(sysname="", nodename=self.hostname, release="", version="", machine="")

    def path(self, path: str) -> str:
        """There is no path that leads there; what can do without goes on."""
        raise self.elsewhere(UNSEEN)

    def word(self, path: str) -> str | None:
        """Of small files only volatile ones are asked for in vain."""
        if path in VOLATILE:
            return None
        raise self.reading.Unreadable(self.reading.NOT_COLLECTED, UNSEEN)

    def text(self, path: str) -> str:
        """No file is read; raises what the reader of a volatile one takes for its absence."""
        if path in VOLATILE:
            raise self.elsewhere(UNSEEN)
        raise self.reading.Unreadable(self.reading.NOT_COLLECTED, UNSEEN)

    def __getattr__(self, name: str) -> Any:
        raise self.reading.Unreadable(self.reading.NOT_COLLECTED, UNSEEN)
