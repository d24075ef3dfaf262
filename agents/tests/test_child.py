"""The process apart that collects: its result, its failures, its end, and that nothing of it is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agents.posture_agent import child, failures
from agents.posture_agent.child import Uncollected, apart
from agents.posture_agent.collectors import sysctls
from agents.posture_agent.report import Report
from agents.posture_agent.state import State
from agents.posture_agent.words import told as told_again
from agents.tests.protocol_server import ProtocolServer
from agents.tests.sending import World, journal, send, waiting

ROOT = Path(__file__).resolve().parents[2]
LARGE = 20_000_000  # bytes; hundreds of what a pipe holds


def report(size: int = 2) -> Report:
    """A result with facts of this size."""
    return Report(b"f" * size, b"{}", {"BootTime": 1})


def descriptors() -> set[str]:
    """What this process has open, and what that is."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(name + " " + os.readlink("/proc/self/fd/" + name))
        except FileNotFoundError:
            continue  # the list's own
    return found


def kill_oneself(number: int) -> Any:
    """What a child does."""
    os.kill(os.getpid(), number)


def children() -> list[str]:
    """Processes whose parent we are, zombies too."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def gone(pid: int) -> bool:
    """Whether a process ends within five seconds; a zombie has ended."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z"):
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def test_a_result_larger_than_a_pipe_comes_whole() -> None:
    found = apart(lambda: report(LARGE), 30)
    assert (bytes(found.facts), bytes(found.volatile)) == (b"f" * LARGE, b"{}")
    assert found.measurements == {"BootTime": 1}


@pytest.mark.long
def test_nothing_is_left_after_many(tmp_path: Path) -> None:
    before, others = descriptors(), children()

    def fails() -> Report:
        raise ValueError

    with (tmp_path / "held").open("w") as held:
        for number in range(500):
            if number % 5:
                apart(report, 30)
            else:
                with pytest.raises(Uncollected):
                    apart(fails, 30)
        held.write("once")  # what waited in our buffers is written by us alone
    assert (tmp_path / "held").read_text() == "once"
    # Other tests' may have been collected meanwhile.
    assert descriptors() <= before
    assert set(children()) <= set(others)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (partial(kill_oneself, signal.SIGKILL), "ended by signal 9"),
        (partial(kill_oneself, signal.SIGTERM), "ended by signal 15"),
        (lambda: os._exit(0), "ended before its result was whole"),
        (lambda: int("hunter2"), r"failed: ValueError \(test_child.py:\d+\)"),
        (sys.exit, r"failed: SystemExit"),
        (lambda: time.sleep(60), "hung, and was ended after 1 seconds"),
    ],
)
def test_a_child_that_fails(work: Callable[[], Any], words: str) -> None:
    others, started = children(), time.monotonic()
    with pytest.raises(Uncollected, match=words) as failed:
        apart(work, 1)
    assert "hunter2" not in str(failed.value), "what was read is not quoted"
    assert time.monotonic() - started < 5
    assert children() == others


def test_half_a_result_is_none() -> None:
    class Half(Report):
        def pieces(self) -> list[Any]:
            """All but the end."""
            return super().pieces()[:-1]

    with pytest.raises(Uncollected, match="before its result was whole"):
        apart(lambda: Half(b"x" * 100_000, b"{}", {}), 30)


def test_a_hung_child_that_takes_no_signal_is_ended() -> None:
    def deaf() -> Report:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            time.sleep(60)

    with pytest.raises(Uncollected, match="hung"):
        apart(deaf, 0.5)


def test_nothing_of_the_parents_is_open_in_the_child(tmp_path: Path) -> None:
    with (tmp_path / "held").open("w"):
        found = apart(lambda: Report("\n".join(sorted(descriptors())).encode(), b"{}", {}), 30)
    seen = {line.partition(" ")[0] for line in bytes(found.facts).decode().splitlines()}
    assert len(seen - {"0", "1", "2"}) == 1, "the pipe of the result alone"


def test_the_parents_handlers_are_not_the_childs() -> None:
    heard: list[int] = []
    before = {number: signal.signal(number, lambda *_: heard.append(1)) for number in child.ENDING}
    try:
        for number in child.ENDING:
            with pytest.raises(Uncollected, match=f"signal {int(number)}"):
                apart(partial(kill_oneself, number), 30)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert heard == []


class Ended(BaseException):
    """As a signal's handler raises it in the service."""


@pytest.mark.parametrize("number", child.ENDING)
def test_a_signal_to_the_parent_ends_the_child_at_once(number: int, tmp_path: Path) -> None:
    def raises(*_: object) -> None:
        raise Ended

    def slow() -> Report:
        (tmp_path / "pid").write_text(str(os.getpid()))
        os.kill(os.getppid(), number)
        time.sleep(60)
        return report()

    before, open_before, others = signal.signal(number, raises), descriptors(), children()
    try:
        with pytest.raises(Ended):
            apart(slow, 50)
    finally:
        signal.signal(number, before)
    assert children() == others
    assert descriptors() == open_before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) & set(child.ENDING) == set()


# A parent that knows nothing: it is killed while its child is at work.
PARENT = """
import sys, time
from agents.posture_agent.child import apart

def slow():
    print(__import__("os").getpid(), flush=True)
    time.sleep(60)

apart(slow, 50)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_parent_that_is_killed_takes_its_child_along(number: int) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.send_signal(number)
    assert parent.wait(10) == -number
    assert gone(pid)
    parent.stdout.close()


@pytest.mark.parametrize("words", [["run"], ["send"]])
@pytest.mark.parametrize("number", child.ENDING)
def test_the_program_ends_at_once_while_an_engine_hangs(
    number: int, words: list[str], state: State, server: ProtocolServer, tmp_path: Path
) -> None:
    said = len(server.requests)
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(tmp_path / "e.sock"))
        engine.listen()
        line = [sys.executable, "-m", "agents.posture_agent", *words, "--state", state.folder]
        program = subprocess.Popen(
            [*line, "-H", f"unix://{tmp_path}/e.sock"], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        peer, _ = engine.accept()
        with peer:
            assert peer.recv(4096), "the collection is at work"
            (pid,) = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
            started = time.monotonic()
            program.send_signal(number)
            _, errors = program.communicate(timeout=10)
            assert gone(int(pid))
    assert time.monotonic() - started < 5
    assert "Traceback" not in errors
    assert program.returncode in ({0} if words == ["run"] else {0, -number})
    assert len(server.requests) == said


def runaway(monkeypatch: pytest.MonkeyPatch, reader: Callable[[object], Any]) -> None:
    """Let the reader of sysctls be another one; children have it as well."""
    monkeypatch.setattr(sysctls, "collect", reader)


def test_a_killed_collection_is_one_line_and_a_trouble(
    state: State, server: ProtocolServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send(state) == failures.OK
    number, said = state.position().read()["sequence"], len(server.requests)
    capsys.readouterr()
    with monkeypatch.context() as patch:
        runaway(patch, lambda files: kill_oneself(signal.SIGKILL))
        assert send(state) == failures.TROUBLE
    assert capsys.readouterr().err == "posture-agent: the process that collects was ended by signal 9\n"
    (trouble,) = journal(state).troubles
    assert trouble["Kind"] == "collection_failed"
    assert told_again(trouble["Detail"]) == "the process that collects was ended by signal 9"
    assert state.position().read()["sequence"] == number, "nothing was numbered"
    assert waiting(state) == []
    ((path, body, _headers),) = server.requests[said:]
    assert path.endswith("/hello")
    assert [one["Kind"] for one in body["measurements"]["Troubles"]] == ["collection_failed"]
    assert send(state) == failures.OK
    (told,) = server.told.values()
    assert (told.gaps, sorted(told.digests)) == (set(), [1, 2])


def test_a_defect_of_a_collector_is_told_by_its_place(
    state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def defect(files: object) -> Any:
        raise AssertionError("the secret that was read")

    capsys.readouterr()
    runaway(monkeypatch, defect)
    assert send(state) == failures.TROUBLE
    said = capsys.readouterr().err
    assert "failed: AssertionError (test_child.py:" in said
    assert "secret" not in said


def test_the_snapshot_is_the_collections_own(state: State, server: ProtocolServer, world: World) -> None:
    assert send(state) == failures.OK
    (delivered,) = (body for path, body, _ in server.requests if "facts" in body)
    assert delivered["facts"] == world.found.facts
    assert delivered["volatile"] == world.found.volatile
    assert delivered["measurements"] == world.found.measurements
