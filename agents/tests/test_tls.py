"""The system's authorities: taken one by one from their folder of hashed names, where there is one."""

import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from agents.posture_agent import tls
from agents.posture_agent.dial import Untrusted
from agents.posture_agent.reading import Deadline
from agents.tests.authority import Authority

HOST = "posture.example"


def hashed(folder: Path, authority: Authority) -> None:
    """Put an authority where OpenSSL looks for it by the hash of its name."""
    words = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(authority.pem)]
    name = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    (folder / f"{name}.0").symlink_to(authority.pem)


def shaken_hands(authority: Authority, context: ssl.SSLContext) -> str:
    """What a server of the authority says to a client with this context."""
    ours, theirs = socket.socketpair()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*authority.issue(HOST))

    def serve() -> None:
        try:
            with serving.wrap_socket(theirs, server_side=True) as peer:
                peer.sendall(b"hello")
        except (ssl.SSLError, OSError):
            theirs.close()  # the client did not believe it

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with tls.encrypted(ours, context, HOST, Deadline(5)) as line:
            return line.recv(5).decode()
    finally:
        thread.join(5)


def test_an_authority_of_the_hashed_folder_is_believed_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, stranger = tmp_path / "known", tmp_path / "stranger"
    system = tmp_path / "certs"
    for folder in (known, stranger, system):
        folder.mkdir()
    believed = Authority(known)
    hashed(system, believed)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(system))
    assert tls.hashed_authorities() == str(system)
    assert shaken_hands(believed, tls.trusting(None)) == "hello"
    with pytest.raises(Untrusted):
        shaken_hands(Authority(stranger, "Another authority"), tls.trusting(None))


def test_a_file_that_somebody_named_goes_before_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    assert tls.hashed_authorities() is None
    assert shaken_hands(authority, tls.trusting(None)) == "hello"


def test_a_folder_without_hashes_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls.hashed_authorities() is None
