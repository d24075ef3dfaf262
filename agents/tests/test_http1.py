"""The agent's own HTTP client against real sockets: strict, bounded, and never outlasted."""

import re
import socket
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.posture_agent import dial
from agents.posture_agent.collection import Options, collect
from agents.posture_agent.engine_api import EngineClient, EngineError, quoted
from agents.posture_agent.heads import BadAnswer, CutShort, TooLarge, Vanished
from agents.posture_agent.http1 import Connection
from agents.posture_agent.reading import Deadline
from agents.posture_agent.request import Request
from agents.posture_agent.server import Server, ServerError, Unreachable
from agents.tests.peer import Script, drips, heard, peer, port, says

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def told(script: Script, seconds: float = 5.0, limit: int = 1000, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of one request to a peer."""
    with peer(script) as one:
        deadline = Deadline(seconds)
        connection = Connection(dial.tcp("127.0.0.1", port(one), deadline), "x")
        try:
            answer = connection.ask(Request("GET" if body is None else "POST", "/", {}, body), deadline)
            return answer.status, answer.body(limit)
        finally:
            connection.close()


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ([OK + b"Content-Length: 2\r\n\r\nhi"], (200, b"hi")),
        ([OK + b"\r\nhi", 0.01, b" there"], (200, b"hi there")),
        ([b"HTTP/1.0 404 \r\ncontent-length:2 \r\n\r\n", 0.01, b"no"], (404, b"no")),
        ([b"HTTP/1.1 204\r\n\r\n"], (204, b"")),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n"], (200, b"")),
        ([CHUNKED + b"2\r\nhi\r\n", b"3;x=y\r\n yo", 0.01, b"\r\n0\r\nDigest: x\r\n\r\n"], (200, b"hi yo")),
        ([CHUNKED + b"0000A \r\n0123456789\r\n0\r\n\r\n"], (200, b"0123456789")),
        ([(OK + b"X: 1\r\nx: 2\r\nContent-Length: 1\r\n\r\nz")[i : i + 1] for i in range(60)], (200, b"z")),
    ],
)
def test_answers_that_are_taken(answer: list[bytes | float], wanted: tuple[int, bytes]) -> None:
    assert told(says(*answer)) == wanted


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", Vanished),
        (b"HTT", CutShort),
        (OK + b"Content-Length: 3\r\n\r\nhi", CutShort),
        (CHUNKED + b"2\r\nhi\r\n", CutShort),
        (CHUNKED + b"2\r\nhi\r\n0\r\n", CutShort),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", BadAnswer),
        (b"HTTP/2 200 OK\r\n\r\n", BadAnswer),
        (b"HTTP/1.1 2000 OK\r\n\r\n", BadAnswer),
        (b"HTTP/1.1 099 No\r\n\r\n", BadAnswer),
        (b"HTTP/1.1 101 Upgrade\r\n\r\n", BadAnswer),
        (b"HTTP/1.1 200 \x00\r\n\r\n", BadAnswer),
        (OK + b"Content-Length: 2\nX: y\r\n\r\nhi", BadAnswer),
        (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", BadAnswer),
        (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", BadAnswer),
        (OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BadAnswer),
        (OK + b"Content-Length: -2\r\n\r\nhi", BadAnswer),
        (OK + b"Content-Length: +2\r\n\r\nhi", BadAnswer),
        (OK + b"Content-Length: 2, 2\r\n\r\nhi", BadAnswer),
        (OK + b"Content-Length: \r\n\r\n", BadAnswer),
        (OK + "Content-Length: ²\r\n\r\nhi".encode("latin-1"), BadAnswer),
        (OK + b"Content-Length: 9999999999999999999999\r\n\r\n", BadAnswer),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", BadAnswer),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BadAnswer),
        (OK + b"Content-Length : 2\r\n\r\nhi", BadAnswer),
        (OK + b"X: a\r\n folded: b\r\n\r\n", BadAnswer),
        (OK + b": x\r\n\r\n", BadAnswer),
        (OK + b"no colon\r\n\r\n", BadAnswer),
        (OK + b"X: \x00\r\n\r\n", BadAnswer),
        (CHUNKED + b"\r\n\r\n", BadAnswer),
        (CHUNKED + b"g\r\n", BadAnswer),
        (CHUNKED + b"-1\r\n", BadAnswer),
        (CHUNKED + b"0x2\r\nhi\r\n", BadAnswer),
        (CHUNKED + b"1\r\nhi\r\n0\r\n\r\n", TooLarge),
        (CHUNKED + b"fffffffffffff\r\n", BadAnswer),
        (CHUNKED + b"1" + b";" * 5000, TooLarge),
        (CHUNKED + b"0\r\n" + b"a: b\r\n" * 200_000, TooLarge),
        (b"HTTP/1.1 200 " + b"x" * 200_000, TooLarge),
        (OK + b"X: y\r\n" * 101 + b"\r\n", TooLarge),
        (OK + b"X: " + b"y" * 40_000 + b"\r\n\r\n", TooLarge),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 9 + OK + b"\r\n", BadAnswer),
        (OK + b"Content-Length: 1001\r\n\r\n" + b"x" * 1001, TooLarge),
        (OK + b"\r\n" + b"x" * 1001, TooLarge),
        (CHUNKED + b"1\r\nx\r\n" * 1001, TooLarge),
    ],
)
def test_answers_that_are_none(answer: bytes, error: type[BadAnswer]) -> None:
    with pytest.raises(error):
        told(says(answer, 0.02))


@pytest.mark.parametrize(
    "script",
    [
        says(3.0),
        says(OK, 3.0),
        says(OK + b"Content-Length: 9\r\n\r\nx", 3.0),
        drips(b"HTTP/1.1 200 " + b"x" * 200, 0.02),
        says(OK + b"Content-Length: 9000\r\n\r\n", *(b"x", 0.02) * 500),
        says(CHUNKED, *(b"1\r\nx\r\n", 0.02) * 500),
        says(OK + b"\r\n", *(b"x", 0.02) * 500),
        lambda connection: time.sleep(3),  # takes nothing of the request
    ],
)
def test_no_peer_outlasts_the_deadline(script: Script) -> None:
    started = time.monotonic()
    with pytest.raises(socket.timeout):
        told(script, seconds=0.2, body=b"x" * 20_000_000)
    assert time.monotonic() - started < 1.5


def test_words_of_a_peer_that_does_not_wait_for_the_body() -> None:
    refusal = says(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", 0.5)
    assert told(refusal, body=b"x" * 20_000_000) == (413, b"no")


@pytest.mark.parametrize("bad", ["a\r\nX: y", "a\nb", "\x00", "é"])
def test_nothing_is_smuggled_into_a_request(bad: str) -> None:
    connection = Connection(socket.socket(), "x")
    with pytest.raises(ValueError, match="no place"):
        connection.ask(Request("GET", "/", {"Authorization": bad}), Deadline(1))
    with pytest.raises(ValueError, match="no place"):
        connection.ask(Request("GET", "/" + bad), Deadline(1))
    with pytest.raises(ValueError, match="no place"):
        connection.ask(Request("GET", "/a b"), Deadline(1))


ANSWERS = [OK + b"Content-Length: 2\r\n\r\n{}", CHUNKED + b"2\r\n[]\r\n0\r\n\r\n", OK + b"Connection: close\r\n\r\n[1]"]


def test_a_connection_is_kept_and_opened_anew_where_it_must(tmp_path: Path) -> None:
    requests: list[list[bytes]] = []

    def script(connection: socket.socket) -> None:
        mine: list[bytes] = []
        requests.append(mine)
        for answer in ANSWERS:
            asked = heard(connection)
            if not asked:
                return
            mine.append(asked)
            connection.sendall(answer)

    with peer(script, tmp_path / "s") as _:
        api = EngineClient(f"unix://{tmp_path}/s", timeout=5)
        assert [api.info(), api.networks(), api.volumes(), api.nodes(), api.services()] == [{}, [], [1], {}, []]
        api.close()
    assert [len(one) for one in requests] == [3, 2]
    assert requests[0][0] == b"GET /info HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"


def test_an_engine_that_closes_a_kept_connection_is_asked_once_more(tmp_path: Path) -> None:
    with peer(says(ANSWERS[0]), tmp_path / "s"):
        api = EngineClient(f"unix://{tmp_path}/s", timeout=5)
        assert [api.info() for _ in range(3)] == [{}] * 3


def test_words_that_nobody_asked_for_are_not_taken_for_the_next_answer(tmp_path: Path) -> None:
    with peer(says(ANSWERS[0] + OK + b"Content-Length: 6\r\n\r\n[1, 2]", 0.2), tmp_path / "s"):
        api = EngineClient(f"unix://{tmp_path}/s", timeout=5)
        assert [api.info() for _ in range(3)] == [{}] * 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "source_failed"),
        (b"\x16\x03\x01 no HTTP at all \r\n\r\n", "source_failed"),
        (OK + b"Content-Length: 9\r\n\r\n{}", "source_failed"),
        (OK + b"Content-Length: 1\r\n\r\n{", "source_failed"),
        (OK + b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000, "source_failed"),
        (OK + b"Content-Length: 200000\r\n\r\n" + b"1" * 200_000, "source_failed"),
        (b"HTTP/1.1 403 No\r\n\r\n", "not_permitted"),
        (OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n", "too_large"),
    ],
)
def test_an_engine_that_answers_garbage(tmp_path: Path, answer: bytes, reason: str) -> None:
    with peer(says(answer, 0.01), tmp_path / "s"):
        with pytest.raises(EngineError) as error:
            EngineClient(f"unix://{tmp_path}/s", timeout=5).info()
        facts = collect(Options([f"unix://{tmp_path}/s"], b"k" * 32, None)).facts
    assert error.value.reason == reason
    (engine,) = facts["Engines"]
    assert engine["Kind"] == "docker"
    assert {s["Reason"] for s in facts["Sources"] if s["Name"] == "docker.version"} == {reason}


def test_an_answer_above_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.posture_agent.engine_api.MAX_ANSWER", 100)
    large = says(OK + b"Content-Length: 101\r\n\r\n" + b" " * 101)
    with peer(large, tmp_path / "s"), pytest.raises(EngineError) as error:
        EngineClient(f"unix://{tmp_path}/s", timeout=5).info()
    assert error.value.reason == "too_large"


def test_random_bytes_are_an_error_and_nothing_else() -> None:
    chance = Random(4)  # noqa: S311  # the same bytes each time
    for _ in range(60):
        whole = bytearray(OK + b"Content-Length: 5\r\nX: y\r\n\r\nhello")
        if chance.random() < 0.5:
            whole = bytearray(CHUNKED + b"2\r\nhi\r\n3\r\nyou\r\n0\r\nA: b\r\n\r\n")
        for _ in range(chance.randint(1, 4)):
            whole[chance.randrange(len(whole))] = chance.randrange(256)
        try:
            status, body = told(says(bytes(whole)))
        except OSError:
            continue
        assert 200 <= status < 600
        assert len(body) <= len(whole)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (says(b""), "closed the connection"),
        (says(b"220 mail.example ESMTP\r\n\r\n"), "does not speak HTTP"),
        (says(OK + b"Content-Length: 70000\r\n\r\n" + b"x" * 70_000), "larger"),
        (says(OK + b"Content-Length: 2\r\n\r\nhi"), "not come from a Posture server"),
        (says(OK + b"Content-Length: 60000\r\n\r\n" + b"[" * 60_000), "not come from a Posture server"),
        (says(b"HTTP/1.1 500 x\r\nContent-Length: 60000\r\n\r\n" + b"[" * 60_000), "answered 500"),
        (drips(b"HTTP/1.1 200 " + b"x" * 200, 0.02), "no answer in time"),
    ],
)
def test_a_hostile_server(script: Script, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.posture_agent.server.TIMEOUT", 0.5)
    with peer(script) as one, pytest.raises(Unreachable, match=re.escape(words)):
        Server(f"http://127.0.0.1:{port(one)}", token="t").check_in({})


def test_a_token_that_is_no_token_is_told_without_showing_it() -> None:
    with peer(says(b"")) as one, pytest.raises(ServerError, match="no place") as error:
        Server(f"http://127.0.0.1:{port(one)}", token="a\r\nb: c").check_in({})
    assert "b: c" not in str(error.value)


def test_names_in_paths() -> None:
    assert quoted("sha256:ab-1_~.") == "sha256:ab-1_~."
    assert quoted("a/../é ?#%\r\n") == "a%2F..%2F%C3%A9%20%3F%23%25%0D%0A"


def test_a_name_without_an_address() -> None:
    with pytest.raises(OSError):
        dial.tcp("no-such-host.invalid", 1, Deadline(5))
    assert dial.wire_name("bücher.example") == b"xn--bcher-kva.example"


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        places = [closed.getsockname(), server.getsockname()]

        def two(host: Any, number: Any, type: int) -> Any:
            return [(socket.AF_INET, type, 0, "", place) for place in places]

        monkeypatch.setattr(socket, "getaddrinfo", two)
        with dial.tcp("two.example", 1, Deadline(5)) as found:
            assert found.getpeername() == places[1]
