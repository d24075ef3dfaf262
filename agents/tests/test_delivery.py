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
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agents.posture_agent import __main__ as command
from agents.posture_agent import clock, failures, patience, storage
from agents.posture_agent import server as server_module
from agents.posture_agent.address import Address
from agents.posture_agent.collection import Options
from agents.posture_agent.endpoints import endpoints, existing
from agents.posture_agent.lock import Locked
from agents.posture_agent.passages import passage_of
from agents.posture_agent.running import Ended, Service
from agents.posture_agent.server import Refused, Server, Stopped, Unreachable
from agents.posture_agent.spool import Spool
from agents.posture_agent.state import State, StateError
from agents.posture_agent.transport import Transport
from agents.tests.built import write_agent
from agents.tests.protocol_server import Answer, ProtocolServer, serving
from agents.tests.sending import World, patience_over, send, waiting

pytestmark = pytest.mark.usefixtures("world")
BOOT = "00000000-0000-0000-0000-00000000b007"
UNFIT: Answer = (422, {"type": "/problems/wrong-shape", "detail": "wrong", "field": "facts.Host"}, {})
BUSY = (503, {"title": "Frozen", "status": 503, "detail": "Ingest is paused."}, {"Retry-After": "7"})


def test_the_first_send_delivers_and_the_second_only_checks_in(
    state: State, server: ProtocolServer, tmp_path: Path
) -> None:
    assert send(state) == failures.OK
    assert send(state) == failures.OK
    assert server.paths() == ["enrol", "check-in", "snapshots", "check-in"]
    first, snapshot, second = (body for _, body, _ in server.requests[1:])
    assert (first["sequence"], snapshot["sequence"], second["sequence"]) == (1, 1, 2)
    assert first["previous_digest"] is None
    assert second["previous_digest"] == first["digest"] == snapshot["digest"] == second["digest"]
    assert server.requests[2][2]["Content-Encoding"] == "gzip"
    assert server.requests[2][2]["Authorization"] == "Bearer t0k3n"


def test_every_message_is_numbered_linked_and_signed(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    assert [send(state) for _ in range(3)] == [failures.OK] * 3
    (told,) = server.told.values()
    assert server.breaches == []
    assert (told.last, told.gaps, sorted(told.digests)) == (3, set(), [1, 2, 3])
    messages = [body["message"] for _, body, _ in server.requests[1:]]
    assert messages == [10001, 10002, 20001, 30001]
    assert all(0 <= body["age"] < 60 for _, body, _ in server.requests[1:])
    assert state.position().read()["link"] == told.link


def test_state_is_for_its_owner_only(state: State, tmp_path: Path) -> None:
    send(state)
    for folder, _, names in os.walk(state.folder):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert {stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) for name in names} <= {0o600}


def test_what_cannot_be_delivered_is_kept_and_delivered_in_order(
    state: State, server: ProtocolServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.failing = [BUSY]
    assert [send(state) for _ in range(4)] == [failures.UNREACHABLE] * 4
    said = capsys.readouterr().err
    assert "Ingest is paused" in said
    assert "the server is left alone for" in said
    assert server.paths() == ["enrol", "check-in"]  # the pause holds for other processes too
    assert waiting(state) == ["snapshot", "unchanged"]  # 2 to 4 are one run
    del server.requests[:]
    patience_over(state)
    assert send(state) == failures.OK
    assert server.paths() == ["snapshots", "passages", "check-in"]
    first, passages, live = (body for _, body, _ in server.requests)
    assert (first["sequence"], live["sequence"]) == (1, 5)
    (run,) = passages["passages"]
    assert (run["kind"], run["first"], run["last"], run["digest"]) == ("unchanged", 2, 4, first["digest"])
    assert run["from_age"] >= run["to_age"] >= 0
    assert waiting(state) == []
    (told,) = server.told.values()
    assert (told.gaps, sorted(told.digests)) == (set(), [1, 2, 3, 4, 5])


def test_nothing_is_removed_before_a_success(state: State, server: ProtocolServer) -> None:
    server.failing = [(502, {}, {})]
    assert send(state) == failures.UNREACHABLE
    for status in (500, 504):
        server.failing = [(status, {}, {})] * 2
        patience_over(state)
        assert send(state) == failures.UNREACHABLE
    assert waiting(state) == ["snapshot", "unchanged"]
    patience_over(state)
    assert send(state) == failures.OK
    assert waiting(state) == []


def test_what_the_server_will_never_take_is_set_aside(state: State, server: ProtocolServer) -> None:
    server.failing = [BUSY]
    send(state)
    patience_over(state)
    server.failing = [UNFIT]
    assert send(state) == failures.OK
    assert waiting(state) == []
    assert len(os.listdir(state.path("spool/refused"))) == 1
    (told,) = server.told.values()
    assert told.dropped == [(1, 1)]  # the server hears that there was something
    assert told.gaps == set()


def test_one_passage_that_is_refused_does_not_take_others_along(state: State, server: ProtocolServer) -> None:
    spool = Spool(state.path("spool"))
    for number in (1, 2, 3):
        place = state.position().advance(f"sha256:{number:064}", "2026-11-22T14:00:00.000Z", BOOT, 1.0)
        spool.add(passage_of(place, "dropped", 300))
    taken: Answer = (200, {"now": clock.moment(time.time())}, {})
    server.failing = [UNFIT, taken, UNFIT, taken]
    assert send(state) == failures.OK
    batches = [len(body["passages"]) for path, body, _ in server.requests if path.endswith("passages")]
    assert batches == [3, 1, 1, 1]
    assert len(os.listdir(state.path("spool/refused"))) == 1


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (
            (401, {"type": "/problems/unknown-token", "detail": "No such token."}, {}),
            failures.STOPPED,
            "No such token.",
        ),
        ((409, {"type": "/problems/cloned", "detail": "Two machines."}, {}), failures.STOPPED, "Two machines."),
        ((413, {"type": "/problems/too-large", "detail": "Too large."}, {}), failures.REFUSED, "Too large."),
        ((422, {**UNFIT[1], "field": "digest"}, {}), failures.REFUSED, "field digest"),
        ((429, {"title": "Slow down"}, {"Retry-After": "9"}), failures.UNREACHABLE, "Slow down"),
        ((302, {}, {"Location": "http://127.0.0.1/x"}), failures.UNREACHABLE, "302"),
    ],
)
def test_answers_become_words_and_exit_statuses(
    state: State, server: ProtocolServer, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    answer: tuple[int, dict[str, str], dict[str, str]], status: int, words: str,
) -> None:  # fmt: skip
    server.failing = [answer]
    assert send(state) == status
    error = capsys.readouterr().err
    assert words in error
    assert "t0k3n" not in error
    assert "k3y" not in error


def test_retry_after_is_obeyed_and_bounded() -> None:
    date = "Sun, 22 Nov 2026 14:00:00 GMT"
    assert patience.retry_after("7") == 7
    assert patience.retry_after("9" * 300) == patience.MAX_WAIT
    assert patience.retry_after("Sun, 22 Nov 2026 14:01:30 GMT", date) == 90
    assert patience.retry_after("Sun, 22 Nov 2027 14:01:30 GMT", date) == patience.MAX_WAIT
    assert patience.retry_after("Wed, 21 Oct 2015 07:28:00 GMT", date) == 0
    assert patience.retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert [patience.retry_after(text) for text in ("", "soon", "-1", "1.5", "²", "Sun, 22 Xyz 2026 14:01:30 GMT")] == [
        0
    ] * 6


def test_pauses_are_random_and_grow_to_a_bound() -> None:
    spans = [max(patience.pause(failures, 0.0) for _ in range(200)) for failures in range(0, 8, 2)]
    assert spans == sorted(spans)
    assert 7 < spans[0] < 15
    assert max(patience.pause(20, 0.0) for _ in range(200)) <= patience.LONGEST_SPAN
    assert min(patience.pause(12, 0.0) for _ in range(200)) < 200  # full jitter begins at nothing
    assert all(60.0 <= patience.pause(0, 60.0) < 75.0 for _ in range(200))


def test_hostile_words_stay_on_one_line() -> None:
    error = server_module.problem(
        422, json.dumps({"type": "/problems/wrong-shape", "detail": "a\x1b[31m\nb"}).encode(), 0.0
    )
    assert isinstance(error, Refused)
    assert str(error) == "the server answered 422: a [31m b"


def test_a_server_that_is_away(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        content = state.enrolment()
        state.save_enrolment({**content, "url": f"http://127.0.0.1:{taken.getsockname()[1]}"})
        assert send(state) == failures.UNREACHABLE
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
    assert send(state) == failures.OK
    before = state.enrolment()
    with serving() as other:
        assert command.main(["move", other.url, "--state", state.folder]) == failures.OK
        assert send(state) == failures.OK
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
    assert send(state) == failures.STATE
    assert "enrol this host again" in capsys.readouterr().err
    for name in names:
        Path(state.path(name)).unlink()
    assert send(state) == failures.STATE


@pytest.mark.parametrize("name", ["position.json", "position.copy.json", "enrolment.json", "enrolment.copy.json"])
@pytest.mark.parametrize("way", ["flipped", "empty", "gone", "unreadable", "folder"])
def test_one_damaged_copy_of_the_state_is_survived(
    name: str, way: str, state: State, server: ProtocolServer, world: World
) -> None:
    assert send(state) == failures.OK
    path = Path(state.path(name))
    data = path.read_bytes()
    if way in ("gone", "unreadable", "folder"):
        path.unlink()
        if way == "unreadable":
            path.symlink_to("/proc/self/mem")  # reading its beginning is an input/output error
        elif way == "folder":
            path.mkdir()
    else:
        path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:] if way == "flipped" else b"")
    assert [send(state) for _ in range(2)] == [failures.OK] * 2
    (told,) = server.told.values()
    assert (told.last, told.gaps) == (3, set())
    assert path.read_bytes() == Path(state.path(name.split(".")[0] + ".json")).read_bytes()  # mended
    assert path.read_bytes() == Path(state.path(name.split(".")[0] + ".copy.json")).read_bytes()


@pytest.mark.parametrize("name", ["delivery.json", "anchors.json", "schedule.json", "contact.json"])
def test_what_is_only_convenient_is_begun_anew_when_it_is_damaged(
    name: str, state: State, server: ProtocolServer
) -> None:
    for content in (b"", b"{", b"[]", b"null", b'{"boots":7}', os.urandom(200)):
        Path(state.path(name)).write_bytes(content)
        assert send(state) == failures.OK
    assert server.told.popitem()[1].gaps == set()


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
        assert send(state) == failures.OK
    assert server.paths() == ["enrol", "check-in", "snapshots"]


def test_the_host_name_is_verified(tmp_path: Path) -> None:
    pem, key, _ = certificate(tmp_path, name="127.0.0.9")
    with serving(pem, key) as server, pytest.raises(Unreachable, match="not trusted"):
        Server(server.url.replace("http:", "https:"), str(pem)).check_in({})


def test_stopped_and_busy_are_told_apart(server: ProtocolServer) -> None:
    server.failing = [BUSY, (401, {"type": "/problems/forged"}, {})]
    with pytest.raises(Unreachable) as busy:
        Server(server.url).check_in({})
    assert busy.value.wait == 7
    with pytest.raises(Stopped):
        Server(server.url).check_in({})


def test_the_service_ends_at_once_and_leaves_no_half_file(state: State, server: ProtocolServer, tmp_path: Path) -> None:
    agent = tmp_path / "agent.pyz"
    write_agent(agent)
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


def test_a_signal_that_comes_when_a_file_is_in_its_place_is_heard(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def replace_and_signal(source: str, target: str) -> None:
        replace(source, target)
        signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, service.end)
    try:
        monkeypatch.setattr(os, "replace", replace_and_signal)
        with pytest.raises(Ended):
            storage.write_file(str(tmp_path / "file"), b"content")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (tmp_path / "file").read_bytes() == b"content"
    started = time.monotonic()
    service.rest_until(clock.boot_clock() + 60)  # wherever the signal was forgotten on its way
    assert time.monotonic() - started < 5


@pytest.fixture
def service(state: State, tmp_path: Path) -> Service:
    """The loop of ``run``, not running."""
    return Service(state, Options([f"unix://{tmp_path}/none.sock"], b"k" * 32, None), None, Transport())


def test_a_busy_server_is_left_alone_as_long_as_it_asks(service: Service, server: ProtocolServer) -> None:
    server.failing = [BUSY]
    service.cycle()
    assert service.courier.pauses.left() > 6.5  # Retry-After was 7
    del server.requests[:]
    service.cycle()
    assert server.requests == []  # kept without asking
    assert waiting(service.state) == ["snapshot", "unchanged"]


def test_a_success_ends_the_pauses(service: Service, server: ProtocolServer) -> None:
    server.failing = [(500, {}, {})]
    service.cycle()
    assert service.courier.journal.failures == 1
    assert service.courier.waits_for() is not None
    service.courier.journal.not_before = 0.0
    service.cycle()
    assert service.courier.journal.failures == 0
    assert service.courier.waits_for() is None


def test_what_waits_is_brought_between_collections(service: Service, server: ProtocolServer) -> None:
    server.failing = [(500, {}, {})]
    service.cycle()
    service.courier.journal.not_before = 0.0
    service.rest_until(clock.boot_clock() + 0.3)
    assert waiting(service.state) == []
    assert server.paths() == ["enrol", "check-in", "snapshots"]


def test_the_interval_is_the_servers_wish_unless_told(service: Service, server: ProtocolServer) -> None:
    assert service.interval == 300
    server.extra["interval"] = 60
    service.cycle()
    assert service.interval == 60
    service.wished = 20
    assert service.interval == 20
