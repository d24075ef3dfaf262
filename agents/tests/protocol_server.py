"""A small real HTTP server that speaks the agent's protocol, remembers what it was told, and sees every breach."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from agents.posture_agent.clock import moment
from posture.facts.chain import first_link, link_tail, next_link
from posture.facts.wire.messages import Hello, Passages, Rotation
from posture.facts.wire.snapshot import CheckIn, Enrolment, Snapshot

Answer = tuple[int, dict[str, Any], dict[str, str]]
LIMITS = {"compressed": 1, "expanded": 2}
SHAPES: dict[str, type[msgspec.Struct]] = {
    "enrol": Enrolment,
    "check-in": CheckIn,
    "snapshots": Snapshot,
    "passages": Passages,
    "hello": Hello,
    "rotate": Rotation,
}


def pair(number: int) -> dict[str, str]:
    """The token and key that the server gives as its ``number``-th."""
    return {
        "token": "t0k3n" if number == 1 else f"t0k3n-{number}",
        "key": base64.b64encode(hashlib.sha256(b"%d" % number).digest()).decode(),
    }


class Told:
    """What an installation said of itself, and whether it all fits together."""

    def __init__(self, installation: str) -> None:
        self.last = 0
        self.link = first_link(installation)
        self.message = 0
        self.digests: dict[int, str] = {}  # by number, whatever said so that counts
        self.heard: dict[int, str] = {}  # likewise, also where the facts were asked for and the number waits for them
        self.facts: dict[int, str] = {}  # numbers whose facts came, with their digest
        self.dropped: list[tuple[int, int]] = []
        self.observed: dict[int, str] = {}
        self.ages: dict[int, float | None] = {}
        self.gaps: set[int] = set()
        self.faults: list[str] = []

    def take_message(self, number: int) -> None:
        """Numbers of messages grow."""
        if number <= self.message:
            self.faults.append(f"message {number} after {self.message}")
        self.message = max(number, self.message)

    def hear(self, first: int, last: int, digest: str, link: str, tail: str | None) -> None:
        """See whether a collection, or a run of them, fits to all that was said; ``tail`` is None where the link cannot
        be computed from what was said."""
        if first == self.last + 1 and tail is not None and next_link(self.link, tail) != link:
            self.faults.append(f"the link of {first} does not follow")
        for number in range(first, last + 1):
            if self.heard.setdefault(number, digest) != digest:
                self.faults.append(f"{number} was said with two digests")

    def take(self, first: int, last: int, digest: str, link: str, tail: str | None) -> None:
        """As ``hear``, and count it."""
        self.hear(first, last, digest, link, tail)
        if first > self.last + 1:
            self.gaps.update(range(self.last + 1, first))
        for number in range(first, last + 1):
            self.digests.setdefault(number, digest)
            self.gaps.discard(number)
        if last > self.last:
            self.last, self.link = last, link


class ProtocolServer(ThreadingHTTPServer):
    """Answers as docs/protocol.md says; ``failing`` holds answers that come first, one a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.failing: list[Answer] = []
        self.away: set[str] = set()  # calls that are answered 503
        self.digest: str | None = None
        self.authority = b""
        self.pairs = 1  # pairs of token and key that were given
        self.valid = [1]  # numbers of those that work
        self.told: dict[str, Told] = {}
        self.faults: list[str] = []  # what an agent must never do
        self.extra: dict[str, Any] = {}  # goes into the answers of check-ins
        self.bytes = 0  # of bodies received

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def breaches(self) -> list[str]:
        """Everything that an agent did and must not do."""
        return self.faults + [fault for told in self.told.values() for fault in told.faults]

    def paths(self) -> list[str]:
        """The last word of every request's path."""
        return [path.rsplit("/", 1)[-1] for path, _, _ in self.requests]

    def answer(self, path: str, data: bytes, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        """The answer to one request."""
        if self.failing:
            return self.failing.pop(0)
        word = path.rsplit("/", 1)[-1]
        if word in self.away:
            return 503, {"title": "Away"}, {}
        if word == "enrol":
            self.valid = [self.pairs]
            self.told[body["installation"]] = Told(body["installation"])
            return 201, {"host": 1, **pair(self.pairs), "interval": 300, "limits": LIMITS, "now": now()}, {}
        refused = self.authenticated(path, data, headers)
        if refused is not None:
            return refused
        try:
            msgspec.convert(body, SHAPES[word])
        except msgspec.ValidationError as error:
            self.faults.append(f"{word}: {error}")
            return 422, {"type": "/problems/wrong-shape", "detail": str(error)}, {}
        told = self.told.setdefault(body["installation"], Told(body["installation"]))
        told.take_message(body["message"])
        return getattr(self, "answer_" + word.replace("-", "_"))(body, told)  # type: ignore[no-any-return]  # by name

    def authenticated(self, path: str, data: bytes, headers: dict[str, str]) -> Answer | None:
        """The refusal of a request that proves nothing; the first use of new credentials ends the old ones."""
        for number in self.valid:
            if headers.get("Authorization") == "Bearer " + pair(number)["token"]:
                key = base64.b64decode(pair(number)["key"])
                code = hmac.new(key, path.encode() + b"\n" + data, hashlib.sha256).hexdigest()
                if headers.get("Posture-Mac") != code:
                    self.faults.append(f"forged: {path}")
                    return 401, {"type": "/problems/forged", "detail": "Forged."}, {}
                self.valid = [one for one in self.valid if one >= number]
                return None
        return 401, {"type": "/problems/unknown-token", "detail": "This token is not known."}, {}

    def answer_check_in(self, body: dict[str, Any], told: Told) -> Answer:
        """Whether the facts are wanted. As the real server does, it counts a number that needs none; others wait."""
        number, changed = body["sequence"], body["digest"] != body["previous_digest"]
        if number > told.last:
            deliver = changed or body["digest"] != self.digest
        else:
            deliver = changed and number not in told.digests
        self.take_collection(body, told, counts=not deliver)
        return 200, {"deliver": deliver, "interval": 300, "limits": LIMITS, "now": now(), **self.extra}, {}

    def answer_snapshots(self, body: dict[str, Any], told: Told) -> Answer:
        """Taken."""
        self.take_collection(body, told)
        told.facts[body["sequence"]] = body["digest"]
        if body["sequence"] == told.last:
            self.digest = body["digest"]
        return 201, {"id": body["id"], "limits": LIMITS, "now": now()}, {}

    def answer_passages(self, body: dict[str, Any], told: Told) -> Answer:
        """Taken."""
        for passage in body["passages"]:
            first, last = passage["first"], passage["last"]
            tail = None
            if first == last:
                tail = link_tail(
                    sequence=last,
                    digest=passage["digest"],
                    boot_id=passage["boot_id"],
                    observed_at=passage["to_at"],
                )
            if passage["kind"] == "dropped":
                told.dropped.append((first, last))
                if first < last and first == told.last + 1:
                    for number in range(first, last):  # nobody says their digests
                        told.gaps.discard(number)
                    told.last, told.link = last, passage["link"]
                told.take(last, last, passage["digest"], passage["link"], tail)
            else:
                told.take(first, last, passage["digest"], passage["link"], tail)
            told.observed[first], told.observed[last] = passage["from_at"], passage["to_at"]
            told.ages[first], told.ages[last] = passage["from_age"], passage["to_age"]
        return 200, {"limits": LIMITS, "now": now()}, {}

    def answer_hello(self, body: dict[str, Any], told: Told) -> Answer:
        """Yes, I know you."""
        return 200, {"host": "board", "settings": {}, "now": now()}, {}

    def answer_rotate(self, body: dict[str, Any], told: Told) -> Answer:
        """A fresh pair; the old one works until the fresh one is used."""
        self.pairs += 1
        self.valid = [self.valid[0], self.pairs]
        self.extra.pop("rotate", None)
        return 200, {**pair(self.pairs), "now": now()}, {}

    def take_collection(self, body: dict[str, Any], told: Told, counts: bool = True) -> None:
        """What a check-in and a snapshot say alike."""
        number = body["sequence"]
        tail = link_tail(
            sequence=number, digest=body["digest"], boot_id=body["boot_id"], observed_at=body["observed_at"]
        )
        (told.take if counts else told.hear)(number, number, body["digest"], body["link"], tail)
        told.observed[number], told.ages[number] = body["observed_at"], body["age"]


def now() -> str:
    """The present moment."""
    return moment(time.time())


class Handler(BaseHTTPRequestHandler):
    """Reads one request, remembers it, answers."""

    server: ProtocolServer

    def do_POST(self) -> None:
        raw = data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            raw = zlib.decompress(raw, 31)
        body = json.loads(raw)
        headers = dict(self.headers)
        self.server.requests.append((self.path, body, headers))
        self.server.bytes += len(data)
        self.reply(*self.server.answer(self.path, data, body, headers))

    def do_GET(self) -> None:
        data = self.server.authority or b'{"type": "/problems/not-found"}'
        self.send_response(200 if self.server.authority else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def reply(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        """Send a JSON answer."""
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests read ``requests``."""


@contextmanager
def serving(certificate: Path | None = None, key: Path | None = None) -> Iterator[ProtocolServer]:
    """A running server, over TLS when a certificate is given."""
    server = ProtocolServer()
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
