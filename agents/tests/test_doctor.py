"""doctor and status, against a real server over TLS: right, of another name, closed, hanging, skewed, refusing."""

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.posture_agent import __main__ as command
from agents.posture_agent import failures, running_by, words
from agents.posture_agent.checks import network
from agents.posture_agent.state import State
from agents.tests import protocol_server
from agents.tests.authority import Authority
from agents.tests.protocol_server import ProtocolServer, serving
from agents.tests.sending import send

Say = Callable[..., tuple[int, str]]


@dataclass
class Site:
    """A server with a certificate for localhost, and a host that is enrolled there."""

    server: ProtocolServer
    state: State
    authority: Authority

    @property
    def url(self) -> str:
        return self.server.url.replace("http://127.0.0.1", "https://localhost")

    def move_to(self, url: str) -> None:
        self.state.change_enrolment({**self.state.enrolment(), "url": url})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    authority = Authority(tmp_path)
    with serving(*authority.issue("localhost")) as server:
        found = Site(server, State(str(tmp_path / "state")), authority)
        enrol = ["enrol", found.url, "--key", "k3y", "--ca", str(authority.pem), "--state", found.state.folder]
        assert command.main(enrol) == failures.OK
        yield found


@pytest.fixture
def doctor(site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Runs doctor; its exit status and what it printed."""
    monkeypatch.setattr(network, "STEP", 2.0)
    monkeypatch.setenv("LC_ALL", "C")

    def run(*more: str, ca: bool = True) -> tuple[int, str]:
        trust = ["--ca", str(site.authority.pem)] if ca else []
        capsys.readouterr()
        status = command.main(["doctor", "--state", site.state.folder, "-H", "unix:///nowhere.sock", *trust, *more])
        return status, capsys.readouterr().out

    return run


def test_a_host_that_is_well_has_no_engine_alone(doctor: Say, site: Site) -> None:
    before = site.state.position().read()["sequence"]
    status, text = doctor()
    assert status == failures.TROUBLE
    assert [line for line in text.splitlines() if line.startswith("✗")] == [
        "✗ the engine at unix:///nowhere.sock: not there"
    ]
    for found in (
        "✓ Python 3",
        "✓ the certificate of localhost is trusted",
        "✓ the clock agrees",
        "knows this host as",
    ):
        assert found in text
    assert site.state.position().read()["sequence"] == before, "no number of a collection was taken"
    assert site.server.breaches == []
    assert site.state.enrolment()["token"] not in text


def test_every_word_is_french_where_it_is_spoken(doctor: Say) -> None:
    try:
        status, text = doctor("--language", "fr")
    finally:
        words.speak("en")
    assert status == failures.TROUBLE
    assert "le certificat de localhost est digne de confiance" in text
    assert "the " not in text
    assert "\u00a0: " in text


def test_the_network_can_be_left_out(doctor: Say, site: Site) -> None:
    del site.server.requests[:]
    assert "the server was left out" in doctor("--offline")[1]
    assert site.server.requests == []


def test_a_certificate_of_somebody_else(doctor: Say) -> None:
    status, text = doctor(ca=False)
    assert status == failures.TROUBLE
    assert "✗ the certificate of localhost is not trusted: " in text
    assert "--ca-sha256 HEX" in text


def test_a_certificate_for_another_name(doctor: Say, site: Site) -> None:
    site.move_to(site.url.replace("localhost", "127.0.0.1"))
    text = doctor()[1]
    assert "✗ the certificate of 127.0.0.1 is not trusted: " in text
    assert "is for another name" in text


def test_a_closed_port(doctor: Say, site: Site) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        site.move_to(f"https://127.0.0.1:{free.getsockname()[1]}")
        text = doctor()[1]
    assert "✗ cannot connect to 127.0.0.1, port " in text
    assert "firewall" in text


def test_a_name_that_nobody_knows(doctor: Say, site: Site) -> None:
    site.move_to("https://posture.invalid")
    began = time.monotonic()
    assert "✗ the name posture.invalid is not known" in doctor()[1]
    assert time.monotonic() - began < 15


def test_a_server_that_says_nothing(doctor: Say, site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site.move_to(f"https://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        assert "✗ no TLS with 127.0.0.1" in doctor()[1]
        assert time.monotonic() - began < 15


def test_a_proxy_that_is_not_there(doctor: Say) -> None:
    text = doctor("--proxy", "http://user:s3cret@127.0.0.1:9")[1]
    assert "✗ cannot reach the proxy 127.0.0.1:9" in text
    assert "s3cret" not in text


@pytest.mark.parametrize("status", [200, 404, 405])
def test_a_page_in_the_place_of_the_server(
    doctor: Say, site: Site, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def page(self: protocol_server.Handler) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"<html>")

    monkeypatch.setattr(protocol_server.Handler, "do_GET", page)
    text = doctor()[1]
    assert f"✗ what answers is no Posture server (status {status})" in text
    assert "a Posture server answers" not in text


def test_an_answer_that_is_not_the_servers_to_the_token(doctor: Say, site: Site) -> None:
    for foreign in ({"status": "ok"}, {"now": "2026-01-01T00:00:00Z"}):
        site.server.failing = [(200, foreign, {})]
        text = doctor()[1]
        assert "✗ the answer does not come from a Posture server\n    Is this the address" in text
        assert "knows this host as" not in text
    site.server.failing = [(404, {"title": "no such page"}, {})]
    assert "that does not come from a Posture server\n    Is this the address" in doctor()[1]


def test_a_token_that_is_refused(doctor: Say, site: Site) -> None:
    site.server.failing = [(401, {"type": "/problems/unknown-token", "detail": "This token is not known."}, {})]
    text = doctor()[1]
    assert "✗ the server refuses this installation: the server answered 401: This token is not known." in text
    assert "--again" in text


@pytest.mark.parametrize(("seconds", "mark"), [(-3600, "✗"), (3600, "✗"), (20, "✓")])
def test_clocks_that_differ(doctor: Say, monkeypatch: pytest.MonkeyPatch, seconds: int, mark: str) -> None:
    plain = protocol_server.Handler.date_time_string

    def skewed(self: protocol_server.Handler, timestamp: float | None = None) -> str:
        return plain(self, time.time() + seconds)

    monkeypatch.setattr(protocol_server.Handler, "date_time_string", skewed)
    found = next(line for line in doctor()[1].splitlines() if " the clock " in line and "says" not in line)
    assert found.startswith(mark)


def test_an_open_state_directory(doctor: Say, site: Site) -> None:
    os.chmod(site.state.folder, 0o755)
    text = doctor("--offline")[1]
    assert f"✗ the state directory {site.state.folder} is open to others" in text
    assert f"chmod 700 {site.state.folder}" in text


def test_a_host_that_is_not_enrolled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["doctor", "--state", str(tmp_path / "none"), "-H", "unix:///nowhere.sock"])
    assert "! this host is not enrolled" in capsys.readouterr().out
    assert not (tmp_path / "none").exists(), "looking makes nothing"


@pytest.fixture
def status(site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Runs status on a host where something starts the agent; its exit status and what it printed."""
    monkeypatch.setattr(running_by, "found", lambda: {"by": "cron", "active": True})

    def run(*more: str) -> tuple[int, str]:
        capsys.readouterr()
        return command.main(["status", "--state", site.state.folder, *more]), capsys.readouterr().out

    return run


def sent(site: Site) -> int:
    return send(site.state, "--ca", str(site.authority.pem))


def test_status_of_a_host_that_is_well(status: Say, site: Site) -> None:
    assert status()[0] == failures.TROUBLE, "no contact yet"
    assert sent(site) == failures.OK
    code, text = status("--json")
    found = json.loads(text)
    assert (code, found["fine"], found["server"]) == (failures.OK, True, site.url)
    assert found["collection"]["sequence"] == 1
    assert (found["contact"]["ok"], found["waiting"]["entries"]) == (True, 0)
    assert 0 < found["next"]["collect"] <= 330
    for secret in (site.state.enrolment()["token"], site.state.enrolment()["key"]):
        assert secret not in text + status()[1]


def test_status_shows_the_interval_that_the_server_wished_last(status: Say, site: Site) -> None:
    site.server.extra = {"interval": 60}
    assert sent(site) == failures.OK
    assert json.loads(status("--json")[1])["interval"] == 60


def test_status_knows_how_often_the_agent_is_started(status: Say, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_by, "found", lambda: {"by": "busybox", "active": True})
    assert sent(site) == failures.OK
    assert json.loads(status("--json")[1])["interval"] == 900


def test_doctor_tells_of_a_contact_that_the_server_refused(doctor: Say, site: Site) -> None:
    site.server.failing = [(409, {"type": "/problems/cloned"}, {})]
    assert sent(site) == failures.STOPPED
    assert "✗ the last contact failed, " in doctor()[1]
    assert "✗ le dernier contact a échoué, " in doctor("--language", "fr")[1]


def test_status_says_what_waits(status: Say, site: Site) -> None:
    sent(site)
    site.server.failing = [(503, {}, {})] * 3
    assert sent(site) == failures.UNREACHABLE
    code, text = status()
    assert code == failures.TROUBLE
    assert "one entry, " in text
    assert "the server answered 503" in text
    found = json.loads(status("--json")[1])
    assert (found["contact"]["ok"], found["waiting"]["entries"]) == (False, 1)
    assert found["contact"]["succeeded_at"] <= found["contact"]["at"]


def test_a_success_long_ago_is_stale(status: Say, site: Site) -> None:
    sent(site)
    path = Path(site.state.path("contact.json"))
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "succeeded_at": "2020-01-01T00:00:00Z"}))
    code, text = status()
    assert code == failures.TROUBLE
    assert "the last success was at 2020-01-01" in text


def test_status_says_the_last_failure_whatever_it_was(site: Site, status: Say) -> None:
    trust = ["--ca", str(site.authority.pem)]
    assert send(site.state, *trust) == failures.OK
    assert send(site.state, *trust, "--proxy", "ftp://proxy:1") == failures.USAGE
    assert "the proxy is named http://" in status()[1]
    spool = Path(site.state.path("spool"))
    spool.rename(spool.with_name("elsewhere"))
    spool.write_text("no folder")
    assert send(site.state, *trust) == failures.STATE
    code, text = status()
    assert code == failures.TROUBLE
    assert f"{spool}/damaged: no directory" in text


def test_a_pause_keeps_the_failure_that_made_it(site: Site, status: Say, capsys: pytest.CaptureFixture[str]) -> None:
    trust = ["--ca", str(site.authority.pem)]
    site.server.failing = [(503, {"title": "Frozen", "detail": "Ingest is paused."}, {"Retry-After": "30"})]
    assert [send(site.state, *trust) for _ in range(3)] == [failures.UNREACHABLE] * 3
    assert "the server is left alone for" in capsys.readouterr().err
    assert "Ingest is paused." in status()[1]


def test_status_of_a_host_that_nobody_enrolled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["status", "--state", str(tmp_path)]) == failures.STATE
    assert "not enrolled" in capsys.readouterr().out
