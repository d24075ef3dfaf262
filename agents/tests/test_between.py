"""What a network in between says in the server's place: nothing is lost or set aside by it, and the agent goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from agents.posture_agent import due, failures
from agents.posture_agent.state import State
from agents.tests.between import Between, Garbage, between
from agents.tests.protocol_server import ProtocolServer
from agents.tests.sending import World, journal, patience_over, send, waiting

PAGE = b"<!DOCTYPE html><title>Welcome</title><form>Accept the terms to use this network</form>"
OK = b"HTTP/1.1 200 OK\r\n"
# An agent whose pauses are short; everything else is as in the field.
RUN = """
import sys
from agents.posture_agent import __main__, patience
patience.FIRST_SPAN = 0.05
patience.LONGEST_SPAN = 0.1
sys.exit(__main__.main(sys.argv[1:]))
"""


def page(status: str, body: bytes = PAGE, headers: str = "Content-Type: text/html") -> bytes:
    """An answer with a body, well formed."""
    return f"HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def without_end(first: bytes, over_and_over: bytes) -> Callable[[bytes], Iterator[bytes]]:
    """Goes on for as long as somebody listens."""
    return lambda head: chain([first], repeat(over_and_over * 100))


def always(answer: bytes) -> Garbage:
    """The same for every request."""
    return lambda head: answer


BROKEN_HTTP: dict[str, Garbage] = {
    "no HTTP": always(b"\x00\xff\x16\x03\x01 go away\r\n\r\n"),
    "a status line that is none": always(b"HTTP/1.1 OK 200\r\n\r\n" + PAGE),
    "a status that is no number": always("HTTP/1.1 ２00 OK\r\n\r\n".encode()),
    "headers without end": without_end(OK, b"X-Filler: yes\r\n"),
    "a header without end": without_end(OK + b"X: ", b"y"),
    "a header that is none": always(OK + b"no colon\r\n\r\n"),
    "a body without end": without_end(OK + b"\r\n", PAGE),
    "chunks without end": without_end(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n"),
    "a longer length": always(OK + b"Content-Length: 99999\r\n\r\n" + PAGE),
    "a length below nothing": always(OK + b"Content-Length: -1\r\n\r\n{}"),
    "a length that is no number": always(OK + b"Content-Length: many\r\n\r\n{}"),
    "two lengths": always(OK + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}{}"),
    "chunks without a size": always(OK + b"Transfer-Encoding: chunked\r\n\r\nsome\r\n{}\r\n0\r\n\r\n"),
    "a chunk below nothing": always(OK + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"),
    "an unknown coding": always(OK + b"Transfer-Encoding: gzip\r\n\r\n{}"),
    "a date that is none": always(page("503 No", headers="Retry-After: Sun, 99 Foo 0000 99:99:99 GMT\r\nDate: yes")),
}
NOT_OURS: dict[str, Garbage] = {
    "a page": always(page("200 OK")),
    "a page that is created": always(page("201 Created")),
    "no content": always(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "JSON": always(page("200 OK", b'{"deliver":false,"interval":86400,"status":"ok"}')),
    "JSON of another time": always(page("200 OK", b'{"now":"soon"}')),
    "JSON that is deep": always(page("200 OK", b"[" * 60_000)),
    "a number that is long": always(page("200 OK", b'{"now":' + b"9" * 60_000 + b"}")),
    "a way elsewhere": always(page("302 Found", headers="Location: http://192.0.2.1/login")),
    "400": always(page("400 Bad Request")),
    "401": always(page("401 Unauthorized", headers="WWW-Authenticate: Basic")),
    "403": always(page("403 Forbidden")),
    "404": always(page("404 Not Found")),
    "404 of a newer server": always(page("404 Not Found", b'{"type":"/problems/not-found"}')),
    "405": always(page("405 Method Not Allowed")),
    "409": always(page("409 Conflict", b'{"type":"about:blank","title":"Conflict"}')),
    "413": always(page("413 Request Entity Too Large")),
    "422": always(page("422 Unprocessable", b'{"detail":"policy"}')),
    "511": always(page("511 Network Authentication Required")),
}
ALL = {**BROKEN_HTTP, **NOT_OURS}


@pytest.fixture
def network(state: State, server: ProtocolServer) -> Iterator[Between]:
    """The only way from the agent to the server."""
    with between(server.server_address[1]) as running:
        state.change_enrolment(dict(state.enrolment(), url=running.url))
        yield running


def refused(state: State) -> list[str]:
    """Names of what was set aside for ever."""
    return os.listdir(state.path("spool/refused"))


@pytest.mark.parametrize("name", ALL)
def test_whatever_answers_costs_a_pause_and_no_collection(
    name: str, state: State, server: ProtocolServer, network: Between, world: World
) -> None:
    network.speaks = ALL[name]
    assert send(state) == failures.UNREACHABLE
    assert (waiting(state), refused(state)) == (["snapshot"], [])
    assert journal(state).failures == 1
    assert "deliver" in due.left(state.path("schedule.json"))
    asked = len(network.asked)
    assert send(state) == failures.UNREACHABLE  # left alone
    assert len(network.asked) == asked
    for again in (2, 3):
        patience_over(state)
        overdue(state)
        assert send(state, "--due") == failures.UNREACHABLE
        assert (waiting(state)[0], refused(state), journal(state).failures) == ("snapshot", [], again)
    network.speaks = lambda head: None
    patience_over(state)
    overdue(state)
    assert send(state, "--due") == failures.OK
    (told,) = server.told.values()
    assert (told.gaps, told.dropped, set(told.facts)) == (set(), [], {1})
    assert (waiting(state), refused(state)) == ([], [])


def overdue(state: State) -> None:
    """Let what waits be due, and no collection."""
    due.plan(state.path("schedule.json"), 1000.0, -1.0)


@pytest.mark.parametrize("name", NOT_OURS)
def test_a_snapshot_that_something_keeps_back_waits_while_check_ins_go(
    name: str, state: State, server: ProtocolServer, network: Between, world: World
) -> None:
    network.speaks = lambda head: NOT_OURS[name](head) if b"/snapshots " in head else None
    assert send(state) == failures.UNREACHABLE
    for number in range(10):  # more often than an entry that fails alone is tried
        world.change()
        left = journal(state)
        if left.stuck:
            left.stuck["since"] -= 2 * 86400.0
        left.not_before = 0.0
        left.save()
        send(state)
        assert server.requests[-1][1]["sequence"] == number + 2, "the check-in overtakes"
    assert waiting(state) == ["snapshot"] * 11
    assert refused(state) == []
    network.speaks = lambda head: None
    patience_over(state)
    assert send(state) == failures.OK
    (told,) = server.told.values()
    assert (told.gaps, told.dropped, sorted(told.facts)) == (set(), [], [*range(1, 12)])


def test_a_refusal_of_the_server_itself_is_believed(
    state: State, server: ProtocolServer, network: Between, world: World
) -> None:
    wrong = page("422 No", b'{"type":"/problems/wrong-shape","detail":"No.","field":"facts"}')
    network.speaks = lambda head: wrong if b"/snapshots " in head else None
    assert send(state) == failures.REFUSED
    assert len(refused(state)) == 1
    assert waiting(state) == ["dropped"]


@pytest.mark.parametrize("name", ["a page", "403", "headers without end", "no HTTP"])
def test_the_service_goes_on(name: str, state: State, server: ProtocolServer, network: Between, tmp_path: Path) -> None:
    network.speaks = ALL[name]
    words = ["run", "--state", state.folder, "-H", f"unix://{tmp_path}/none.sock"]
    process = subprocess.Popen([sys.executable, "-c", RUN, *words], stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: len(network.asked) >= 3)
        assert process.poll() is None
        # A greeting that is under way stays unanswered: the entry would be known to fail alone, and wait for long.
        network.speaks = lambda head: None if b"/snapshots " in head else ALL[name](head)
        until(lambda: not list(Path(state.path("spool")).glob("*.snapshot")))
    finally:
        process.terminate()
        _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert (waiting(state), refused(state)) == ([], [])
    assert "kept for later" in log
    assert "Traceback" not in log


def until(true: Callable[[], bool]) -> None:
    """Wait, 30 s at most."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
