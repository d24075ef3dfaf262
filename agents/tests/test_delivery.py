"""Check in, deliver, keep what cannot be delivered, in order; and enrol, over plain and pinned TLS."""

import datetime
import hashlib
import ipaddress
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agents.build import build
from agents.posture_agent import __main__ as command
from agents.posture_agent import failures
from agents.posture_agent import server as server_module
from agents.posture_agent.address import Address
from agents.posture_agent.collection import Options
from agents.posture_agent.endpoints import endpoints, existing
from agents.posture_agent.lock import Locked
from agents.posture_agent.running import LONGEST_PAUSE, Service
from agents.posture_agent.server import Refused, Server, Stopped, Unreachable
from agents.posture_agent.spool import Spool, SpoolFull
from agents.posture_agent.state import State, StateError
from agents.tests.protocol_server import ProtocolServer, serving

BUSY = (503, {"title": "Frozen", "status": 503, "detail": "Ingest is paused."}, {"Retry-After": "7"})


@pytest.fixture
def server() -> Iterator[ProtocolServer]:
    """A running protocol server."""
    with serving() as running:
        yield running


@pytest.fixture
def state(tmp_path: Path, server: ProtocolServer) -> State:
    """An enrolled state directory."""
    folder = tmp_path / "state"
    assert command.main(["enrol", server.url, "--key", "k3y", "--state", str(folder)]) == failures.OK
    return State(str(folder))


def send(state: State, tmp_path: Path) -> int:
    """Run ``posture-agent send`` on a host without an engine."""
    return command.main(["send", "--state", state.folder, "-H", f"unix://{tmp_path}/none.sock"])


def waiting(state: State) -> list[str]:
    """Kinds of the spool's entries."""
    return [entry.kind for entry in Spool(state.path("spool")).entries()]


def test_the_first_send_delivers_and_the_second_only_checks_in(
    state: State, server: ProtocolServer, tmp_path: Path
) -> None:
    assert send(state, tmp_path) == failures.OK
    assert send(state, tmp_path) == failures.OK
    assert server.paths() == ["enrol", "check-in", "snapshots", "check-in"]
    first, snapshot, second = (body for _, body, _ in server.requests[1:])
    assert (first["sequence"], snapshot["sequence"], second["sequence"]) == (1, 1, 2)
    assert first["previous_digest"] is None
    assert second["previous_digest"] == first["digest"] == snapshot["digest"] == second["digest"]
    assert server.requests[2][2]["Content-Encoding"] == "gzip"
    assert server.requests[2][2]["Authorization"] == "Bearer t0k3n"


def test_every_message_is_numbered_linked_and_signed(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    assert [send(state, tmp_path) for _ in range(3)] == [failures.OK] * 3
    (told,) = server.told.values()
    assert server.breaches == []
    assert (told.last, told.gaps, sorted(told.digests)) == (3, set(), [1, 2, 3])
    messages = [body["message"] for _, body, _ in server.requests[1:]]
    assert messages == [10001, 10002, 20001, 30001]
    assert all(0 <= body["age"] < 60 for _, body, _ in server.requests[1:])
    assert state.position().read()["link"] == told.link


def test_state_is_for_its_owner_only(state: State, tmp_path: Path) -> None:
    send(state, tmp_path)
    for folder, _, names in os.walk(state.folder):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert {stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) for name in names} <= {0o600}


def test_what_cannot_be_delivered_is_kept_and_delivered_in_order(
    state: State, server: ProtocolServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.failing = [BUSY, BUSY, BUSY]
    assert [send(state, tmp_path) for _ in range(3)] == [failures.UNREACHABLE] * 3
    assert waiting(state) == ["snapshot", "check-in", "check-in"]
    assert "Ingest is paused" in capsys.readouterr().err
    del server.requests[:]
    assert send(state, tmp_path) == failures.OK
    assert [body["sequence"] for _, body, _ in server.requests] == [1, 2, 3, 4]
    assert server.paths() == ["snapshots", "check-in", "check-in", "check-in"]
    assert waiting(state) == []


def test_nothing_is_removed_before_a_success(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    server.failing = [BUSY]
    send(state, tmp_path)
    server.failing = [(500, {}, {}), (502, {}, {})]
    send(state, tmp_path)
    assert waiting(state) == ["snapshot", "check-in"]


def test_what_the_server_will_never_take_is_set_aside(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    server.failing = [BUSY]
    send(state, tmp_path)
    server.failing = [(422, {"detail": "wrong", "field": "facts.Host"}, {})]
    assert send(state, tmp_path) == failures.OK
    assert waiting(state) == []
    assert len(os.listdir(state.path("spool/refused"))) == 1


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((401, {"detail": "This token is not known."}, {}), failures.STOPPED, "This token is not known."),
        ((409, {"type": "/problems/cloned", "detail": "Two machines."}, {}), failures.STOPPED, "Two machines."),
        ((413, {"detail": "Too large."}, {}), failures.REFUSED, "Too large."),
        ((422, {"detail": "Wrong.", "field": "digest"}, {}), failures.REFUSED, "field digest"),
        ((429, {"title": "Slow down"}, {"Retry-After": "9"}), failures.UNREACHABLE, "Slow down"),
        ((302, {}, {"Location": "http://127.0.0.1/x"}), failures.REFUSED, "302"),
    ],
)
def test_answers_become_words_and_exit_statuses(
    state: State, server: ProtocolServer, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    answer: tuple[int, dict[str, str], dict[str, str]], status: int, words: str,
) -> None:  # fmt: skip
    server.failing = [answer]
    assert send(state, tmp_path) == status
    error = capsys.readouterr().err
    assert words in error
    assert "t0k3n" not in error
    assert "k3y" not in error


def test_retry_after_is_obeyed_and_bounded() -> None:
    assert server_module.retry_after("7") == 7
    assert server_module.retry_after("999999999") == server_module.MAX_WAIT
    assert server_module.retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_hostile_words_stay_on_one_line() -> None:
    error = server_module.problem(422, json.dumps({"detail": "a\x1b[31m\nb"}).encode(), "")
    assert isinstance(error, Refused)
    assert str(error) == "the server answered 422: a [31m b"


def test_a_server_that_is_away(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        content = state.enrolment()
        state.save_enrolment({**content, "url": f"http://127.0.0.1:{taken.getsockname()[1]}"})
        assert send(state, tmp_path) == failures.UNREACHABLE
    assert waiting(state) == ["snapshot"]


def test_not_enrolled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["send", "--state", str(tmp_path / "new")]) == failures.STATE
    assert "not enrolled" in capsys.readouterr().err


def test_enrolled_twice(state: State, server: ProtocolServer, capsys: pytest.CaptureFixture[str]) -> None:
    before = state.enrolment()["installation"]
    assert command.main(["enrol", server.url, "--key", "k", "--state", state.folder]) == failures.STATE
    assert command.main(["enrol", server.url, "--key", "k", "--again", "--state", state.folder]) == failures.OK
    assert state.enrolment()["installation"] != before
    assert state.position().read()["sequence"] == 0


def test_a_server_that_moved_keeps_its_hosts(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    assert send(state, tmp_path) == failures.OK
    before = state.enrolment()
    with serving() as other:
        assert command.main(["move", other.url, "--state", state.folder]) == failures.OK
        assert send(state, tmp_path) == failures.OK
        assert other.requests[0][1]["sequence"] == 2
    assert {**state.enrolment(), "url": before["url"]} == before


def test_an_engine_whose_socket_went_is_still_read(state: State, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "podman").mkdir(parents=True)
    environment = {"XDG_RUNTIME_DIR": str(folder)}
    docker, podman = folder / "docker.sock", folder / "podman" / "podman.sock"
    usual = set(existing({}))
    for path in (docker, podman):
        path.touch()
    both = endpoints([], environment, state.remember)
    docker.unlink()
    assert endpoints([], environment, state.remember) == both
    assert set(both) - usual == {f"unix://{docker}", f"unix://{podman}"}
    assert command.main(["forget", f"unix://{docker}", "--state", state.folder]) == failures.OK
    assert set(endpoints([], environment, state.remember)) - usual == {f"unix://{podman}"}
    assert command.main(["forget", f"unix://{docker}", "--state", state.folder]) == failures.USAGE


def test_damaged_state_is_not_silently_begun_anew(
    state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("position.json", "position.copy.json")
    for name in names:
        Path(state.path(name)).write_text("{")
    assert send(state, tmp_path) == failures.STATE
    assert "enrol this host again" in capsys.readouterr().err
    for name in names:
        Path(state.path(name)).unlink()
    assert send(state, tmp_path) == failures.STATE


def test_two_agents_do_not_share_a_state(state: State, tmp_path: Path) -> None:
    with Locked(state), pytest.raises(StateError, match="another"), Locked(state):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "http://posture.example",
        "ftp://x",
        "https://user:pw@x",
        "https://",
        "x",
        "https://x:port",
        "https://x:0",
        "https://x:65536",
        "https://x/?q=1",
        "https://x y",
        "https://x/a b",
        "https://x#y",
        "https://x/\r\nX: y",
        "https://[::1",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(failures.UsageError):
        Address(url)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://posture.example/", "https://posture.example"),
        ("https://[2001:db8::1]:8443/base/", "https://[2001:db8::1]:8443/base"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_addresses_that_are_taken(url: str, wanted: str) -> None:
    assert str(Address(url)) == wanted


def test_the_spool_survives_a_crash_and_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(str(tmp_path / "spool"))
    spool.add("snapshot", {"sequence": 2, "a": "é"})
    spool.add("check-in", {"sequence": 1})
    (tmp_path / "spool" / "0000000000000003.snapshot.json.gz.99.tmp").write_bytes(b"half")
    assert [entry.kind for entry in Spool(spool.folder).entries()] == ["check-in", "snapshot"]
    assert not list((tmp_path / "spool").glob("*.tmp"))
    assert spool.load(spool.entries()[1]) == {"sequence": 2, "a": "é"}
    monkeypatch.setattr("agents.posture_agent.spool.MAX_ENTRIES", 2)
    with pytest.raises(SpoolFull):
        spool.add("snapshot", {"sequence": 3})
    assert len(spool.entries()) == 2


def test_a_damaged_entry_does_not_block_the_queue(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    server.failing = [BUSY]
    send(state, tmp_path)
    (entry,) = Spool(state.path("spool")).entries()
    Path(state.path("spool"), entry.name).write_bytes(b"rotten")
    assert send(state, tmp_path) == failures.OK
    assert waiting(state) == []


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, Path, bytes]:
    """A self-signed authority that is its own server certificate: PEM and key files, and its DER form."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Posture test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, secret = folder / "ca.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret, made.public_bytes(serialization.Encoding.DER)


def test_a_pinned_authority_is_trusted_and_nothing_else_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pem, key, der = certificate(tmp_path)
    right, state = hashlib.sha256(der).hexdigest(), State(str(tmp_path / "state"))
    with serving(pem, key) as server:
        server.authority = pem.read_bytes()
        url = server.url.replace("http:", "https:")
        words = ["enrol", url, "--key", "k", "--state", state.folder]
        assert command.main(words) == failures.UNREACHABLE  # not signed by an authority of this machine
        assert "not trusted" in capsys.readouterr().err
        assert command.main([*words, "--ca-sha256", "0" * 64]) == failures.REFUSED
        assert server.requests == []  # the key was shown to nobody
        assert command.main([*words, "--ca-sha256", right.upper()]) == failures.OK
        assert send(state, tmp_path) == failures.OK
    assert server.paths() == ["enrol", "check-in", "snapshots"]


def test_the_host_name_is_verified(tmp_path: Path) -> None:
    pem, key, _ = certificate(tmp_path, name="127.0.0.9")
    with serving(pem, key) as server, pytest.raises(Unreachable, match="not trusted"):
        Server(server.url.replace("http:", "https:"), str(pem)).check_in({})


def test_stopped_and_busy_are_told_apart(server: ProtocolServer) -> None:
    server.failing = [BUSY, (401, {}, {})]
    with pytest.raises(Unreachable) as busy:
        Server(server.url).check_in({})
    assert busy.value.wait == 7
    with pytest.raises(Stopped):
        Server(server.url).check_in({})


def test_the_service_ends_at_once_and_leaves_no_half_file(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    agent = tmp_path / "agent.pyz"
    build(agent)
    process = subprocess.Popen(
        [sys.executable, str(agent), "run", "--state", state.folder, "-H", f"unix://{tmp_path}/none.sock"],
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while server.paths()[-1] != "snapshots" and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=10)
    assert process.returncode == 0
    assert time.monotonic() - started < 2
    assert log.splitlines()[0] == "posture-agent: sequence 1 delivered"
    assert log.splitlines()[-1] == "posture-agent: ended by a signal"
    assert len(log.splitlines()) == 2


@pytest.fixture
def service(state: State, tmp_path: Path) -> Service:
    """The loop of ``run``, not running."""
    return Service(state, Options([f"unix://{tmp_path}/none.sock"], b"k" * 32, None), None)


def test_a_busy_server_is_left_alone_as_long_as_it_asks(service: Service, server: ProtocolServer) -> None:
    server.failing = [BUSY]
    service.cycle()
    left = service.not_before - time.monotonic()
    assert left > 6.5  # Retry-After was 7
    del server.requests[:]
    service.cycle()
    assert server.requests == []  # kept without asking
    assert waiting(service.state) == ["snapshot", "check-in"]


def test_pauses_grow_with_failures_and_end_with_a_success(service: Service, server: ProtocolServer) -> None:
    for count in range(20):
        service.pause(Unreachable("away"))
        assert service.failures == count + 1
        assert 0 <= service.not_before - time.monotonic() <= LONGEST_PAUSE
    service.not_before = 0.0
    service.cycle()
    assert service.failures == 0


def test_what_waits_is_brought_between_collections(service: Service, server: ProtocolServer) -> None:
    server.failing = [(500, {}, {})]
    service.cycle()
    service.not_before = time.monotonic()
    service.rest_until(time.monotonic() + 0.2)
    assert waiting(service.state) == []
    assert server.paths() == ["enrol", "check-in", "snapshots"]


def test_the_interval_is_the_servers_wish_unless_told(service: Service, server: ProtocolServer) -> None:
    assert service.interval == 300
    service.courier.interval = 60
    assert service.interval == 60
    service.wished = 20
    assert service.interval == 20
