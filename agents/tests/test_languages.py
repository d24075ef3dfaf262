"""What one process kept in its language another says in its own; errors of the system and of TLS are said in both."""

import errno
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.build import SOURCES
from agents.posture_agent import __main__ as command
from agents.posture_agent import dial, encryption, failures, reasons, running_by, tls, words
from agents.posture_agent.journal import DETAIL, fitting
from agents.posture_agent.placing import Changes
from agents.posture_agent.reading import Deadline
from agents.posture_agent.state import State
from agents.posture_agent.words import kept, say, told
from agents.posture_agent.words_fr import FRENCH
from agents.tests.authority import Authority
from agents.tests.protocol_server import Answer, ProtocolServer, serving
from agents.tests.sending import journal, patience_over, send

BUSY: Answer = (503, {"detail": "Pause."}, {})
Status = Callable[..., str]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    yield
    words.speak("en")


@pytest.fixture
def server() -> Iterator[ProtocolServer]:
    with serving() as found:
        yield found


@pytest.fixture
def state(server: ProtocolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A host that is enrolled and that something starts."""
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr(running_by, "found", lambda: {"by": "cron", "active": True})
    found = State(str(tmp_path / "state"))
    assert command.main(["enrol", server.url, "--key", "k3y", "--state", found.folder]) == failures.OK
    return found


@pytest.fixture
def status(state: State, capsys: pytest.CaptureFixture[str]) -> Status:
    """Prints the status in a language."""

    def run(language: str, *more: str) -> str:
        capsys.readouterr()
        command.main(["status", "--state", state.folder, "--language", language, *more])
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("timer", ["en", "fr"])
def test_status_speaks_its_own_language(state: State, server: ProtocolServer, status: Status, timer: str) -> None:
    assert send(state, "--language", timer) == failures.OK
    assert "sequence 1 delivered" in status("en")
    assert "numéro 1\u00a0: livré" in status("fr")
    server.failing = [BUSY]
    assert send(state, "--language", timer) == failures.UNREACHABLE
    assert "sequence 2: the server answered 503: Pause.; kept for later" in status("en")
    assert "numéro 2\u00a0: le serveur a répondu 503\u00a0: Pause.\u00a0; gardé pour plus tard" in status("fr")
    assert "numéro 2" in json.loads(status("fr", "--json"))["contact"]["outcome"]


@pytest.mark.parametrize("timer", ["en", "fr"])
def test_troubles_are_told_in_the_language_of_who_asks(
    state: State, server: ProtocolServer, status: Status, timer: str
) -> None:
    assert send(state) == failures.OK
    os.unlink(state.path("position.copy.json"))
    assert send(state, "--language", timer) == failures.OK
    assert ", the state was damaged: one of two copies of the agent's state" in status("en")
    assert ", l’état était endommagé\u00a0: l’une des deux copies" in status("fr")


def test_no_trouble_is_cut_within_a_word() -> None:
    words.speak("fr")
    long = say("%s: %s", "x" * 50, " ".join(["mot"] * 200))
    assert fitting(long).endswith(" mot…")
    assert 200 < len(fitting(long)) < DETAIL
    short = say("%s in the spool is damaged and set aside; its numbers become a gap", "2.snapshot")
    assert told(fitting(short)) == short
    assert len(json.dumps(fitting(short))) < DETAIL


def test_what_another_version_kept_is_told_as_far_as_it_goes() -> None:
    words.speak("fr")
    assert told(["no text of ours %d", "a word"]) == "no text of ours %d a word"
    assert told("of before") == "of before"
    assert told(kept(say("%s: %s", say("the spool is full"), 5))) == "la file d’attente est pleine\u00a0: 5"


@pytest.mark.parametrize(
    "number",
    [
        *(errno.ECONNREFUSED, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNRESET, errno.EPIPE),
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOMEM),
    ],
)
def test_usual_errors_of_the_system_are_said_in_french(number: int) -> None:
    english = reasons.words_of(OSError(number, os.strerror(number)))
    words.speak("fr")
    assert reasons.words_of(OSError(number, os.strerror(number))) == FRENCH[english]


def test_a_closed_port_and_an_unknown_name_are_said_in_french(state: State, status: Status) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        state.change_enrolment({**state.enrolment(), "url": "http://127.0.0.1:%d" % free.getsockname()[1]})
        assert send(state) == failures.UNREACHABLE
    assert "connexion refusée" in status("fr")
    words.speak("fr")
    with pytest.raises(OSError) as caught:
        dial.tcp("posture.invalid", 443, Deadline(10.0))
    assert reasons.words_of(caught.value) == "le nom est inconnu"


def shaken(host: str, server: ssl.SSLContext | None, trusted: Path) -> str:
    """What a client says in French of TLS with a server on loopback; None: one that speaks plain HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                if server is None:
                    client.recv(1024)
                    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
                try:
                    server.wrap_socket(client, server_side=True).close()
                except OSError:
                    return  # the other end tells why

        thread = threading.Thread(target=serve)
        thread.start()
        plain = socket.create_connection(listening.getsockname()[:2], timeout=10)
        words.speak("fr")
        try:
            encryption.encrypted(plain, encryption.trusting(str(trusted)), host, Deadline(10.0)).close()
        except OSError as error:
            return reasons.words_of(error)
        finally:
            thread.join(10)
    return ""


def speaking(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_failures_of_tls_are_said_in_french(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    right, other = Authority(tmp_path), Authority(tmp_path / "other", "Another")
    server = speaking(*right.issue("localhost"))
    assert shaken("localhost", server, right.pem) == ""
    assert shaken("localhost", None, right.pem) == "ce qui répond ne parle pas TLS"
    assert shaken("localhost", server, other.pem) == "son autorité est inconnue ici"
    assert shaken("elsewhere", server, right.pem) == "il vaut pour un autre nom"
    assert reasons.of_tls("SSLError", "TLSV1_ALERT_PROTOCOL_VERSION") == FRENCH["it speaks no TLS from 1.2 on"]
    assert {10: "it has expired", 9: "it is not valid yet"}.items() <= tls.UNTRUSTED.items()


def test_only_what_was_sent_is_counted(
    state: State, server: ProtocolServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send(state) == failures.OK
    server.failing = [BUSY]
    assert send(state) == failures.UNREACHABLE
    (waiting,) = [path for path in Path(state.path("spool")).iterdir() if path.is_file()]
    waiting.write_bytes(b"rotten")
    patience_over(state)
    capsys.readouterr()
    assert send(state) == failures.OK
    assert "that waited sent" not in capsys.readouterr().err
    server.failing = [BUSY]
    assert send(state) == failures.UNREACHABLE
    patience_over(state)
    assert send(state, "--language", "fr") == failures.OK
    assert capsys.readouterr().err.endswith(", un qui attendait est envoyé\n")
    assert [one["Kind"] for one in journal(state).troubles] == ["spool_damaged"]


def test_status_counts_one_as_one(state: State, server: ProtocolServer, status: Status) -> None:
    assert "no collection yet" in status("en")
    assert "aucune pour l’instant" in status("fr")
    server.failing = [BUSY]
    assert send(state) == failures.UNREACHABLE
    assert "one entry, " in status("en")
    assert "un élément, " in status("fr")


def test_folders_that_would_go_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Changes(dry=True).remove_folder(str(tmp_path))
    assert capsys.readouterr().out == f"would remove {tmp_path}\n"


def test_a_terminal_without_the_signs_gets_others(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "posture_agent", "doctor", "--offline", "--language", "fr", "--state", str(tmp_path)],
        cwd=SOURCES.parent,
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "DOCKER_HOST": "unix:///nowhere.sock"},
        capture_output=True,
        check=False,
    )
    lines = done.stdout.decode("latin-1").splitlines()
    assert lines[0].startswith("+ Python")
    assert any(line.startswith("x ") for line in lines)
    assert "l'" in done.stdout.decode("latin-1")
    assert not any(line.startswith("? ") for line in lines)
