"""An engine over TLS that sends us elsewhere, or never comes to an end."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.utils import timezone

from agents.tests.authority import Authority
from posture.fleet.models import Reach, Source
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.services.sealing import seal
from posture.remote import by_tls
from posture.remote.by_tls import PURPOSE, visit_over_tls
from posture.remote.problems import RemoteTrouble
from posture.remote.shipping import Wishes

pytestmark = pytest.mark.django_db
WISHES = Wishes(key=b"k" * 32, interval=300, engines=[], contents=b"")
Act = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def engine(folder: Path, act: Act) -> Iterator[tuple[Reach, list[str]]]:
    """A server with a certificate of its own that does this with each request, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            act(self)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    authority = Authority(folder)
    certificate, key = authority.issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        reach = Reach.objects.create(
            name="engine", group=get_or_create_group(), method=Source.TLS, address="localhost",
            port=server.server_address[1], tls_ca=authority.pem.read_text(), tls_certificate=certificate.read_text(),
            tls_key_sealed=seal(key.read_bytes(), purpose=PURPOSE), created_at=timezone.now(), created_by="alice",
        )  # fmt: skip
        yield reach, asked
        server.shutdown()


def test_it_cannot_send_us_elsewhere(tmp_path: Path) -> None:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with engine(tmp_path, act) as (reach, asked):
        with pytest.raises(RemoteTrouble, match="another address"):
            visit_over_tls(reach, WISHES)
        assert asked == ["/version"]


def test_it_cannot_keep_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_tls, "VISIT_SECONDS", 1.0)

    def act(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    started = time.monotonic()
    with engine(tmp_path, act) as (reach, _asked), pytest.raises(RemoteTrouble):
        visit_over_tls(reach, WISHES)
    assert time.monotonic() - started < 10
