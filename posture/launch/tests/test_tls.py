"""The authority and the server's certificate, as a client sees them."""

import datetime as dt
import hashlib
import socket
import ssl
import threading
from pathlib import Path

import pytest

from posture.launch.account import own_account
from posture.launch.tls import Papers, make_papers

NOW = dt.datetime.now(dt.UTC)


def papers_for(folder: Path, address: str, *, now: dt.datetime = NOW) -> Papers:
    for name in ("authority", "server"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    return make_papers(
        authority=folder / "authority", server=folder / "server", account=own_account(), address=address, now=now
    )


def shake_hands(papers: Papers, *, trusted: Path, name: str) -> str:
    """Connect to a real TLS server with these papers, verify as `name`, and give what it says."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(papers.certificate, papers.key)
    client = ssl.create_default_context(cafile=str(trusted))
    near, far = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(far, server_side=True) as connection:
                connection.sendall(b"hello")
        except ssl.SSLError:
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(near, server_hostname=name) as connection:
            return connection.recv(16).decode()
    finally:
        near.close()
        thread.join(timeout=5)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("posture.example", "posture.example"),
        ("2001:db8::1", "2001:db8::1"),
        ("192.0.2.7", "127.0.0.1"),
        ("192.0.2.7", "localhost"),
    ],
)
def test_the_chain_verifies_for_the_address_and_the_loopback(tmp_path: Path, address: str, name: str) -> None:
    papers = papers_for(tmp_path, address)
    assert shake_hands(papers, trusted=papers.authority, name=name) == "hello"


def test_another_name_or_another_authority_is_refused(tmp_path: Path) -> None:
    papers = papers_for(tmp_path / "one", "192.0.2.7")
    other = papers_for(tmp_path / "two", "192.0.2.7")
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        shake_hands(papers, trusted=papers.authority, name="192.0.2.8")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(papers, trusted=other.authority, name="192.0.2.7")


def test_the_digest_is_that_of_the_der_form(tmp_path: Path) -> None:
    papers = papers_for(tmp_path, "192.0.2.7")
    der = ssl.PEM_cert_to_DER_cert(papers.authority.read_text(encoding="ascii"))
    assert papers.digest == hashlib.sha256(der).hexdigest()


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    papers = papers_for(tmp_path, "192.0.2.7")
    for key in (tmp_path / "authority" / "ca.key", papers.key):
        assert key.stat().st_mode & 0o777 == 0o600


def test_the_certificate_is_renewed_before_it_ends_and_the_authority_stays(tmp_path: Path) -> None:
    first = papers_for(tmp_path, "192.0.2.7")
    assert first.renewed
    assert not papers_for(tmp_path, "192.0.2.7", now=NOW + dt.timedelta(days=59)).renewed
    later = papers_for(tmp_path, "192.0.2.7", now=NOW + dt.timedelta(days=61))
    assert later.renewed
    assert later.digest == first.digest


def test_another_address_gets_another_certificate(tmp_path: Path) -> None:
    papers_for(tmp_path, "192.0.2.7")
    moved = papers_for(tmp_path, "192.0.2.8")
    assert moved.renewed
    assert shake_hands(moved, trusted=moved.authority, name="192.0.2.8") == "hello"
