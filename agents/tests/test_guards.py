"""A collection that runs away is stopped, in time, CPU time, memory and size, and the report says so."""

import os
import re
import resource
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agents.posture_agent import cycle
from agents.posture_agent.__main__ import main
from agents.posture_agent.collection import Collected, Options, collect
from agents.posture_agent.collectors import sysctls
from agents.posture_agent.fitting import DETAIL, LIMITS, fit, usable
from agents.posture_agent.guards import Guard
from agents.posture_agent.packing import compressed
from agents.posture_agent.reading import DETAILS, TIMED_OUT, Deadline, Sources
from agents.posture_agent.report import Report
from agents.posture_agent.wire import canonical
from agents.tests.protocol_server import serving
from agents.tests.recorded_engine import RecordedEngine


class Engine(RecordedEngine):
    """A recorded engine."""

    def close(self) -> None:
        """Nothing is open."""


def options(tmp_path: Path) -> Options:
    """A guarded collection of a recorded engine on an empty host."""
    found = Options(["tcp://192.0.2.1:2375"], b"k" * 32, None, root=str(tmp_path))
    found.client = lambda endpoint: Engine("docker-20.10.24")
    found.cpu_seconds = 20.0
    return found


def failures(found: Collected, reason: str) -> dict[str, str]:
    """Details of the sources that failed for a reason."""
    return {s["Name"]: s["Detail"] for s in found.facts["Sources"] if s.get("Reason") == reason}


def runaway(monkeypatch: pytest.MonkeyPatch, reader: Any) -> None:
    """Let the reader of sysctls be another one."""
    monkeypatch.setattr(sysctls, "collect", reader)


def test_cpu_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spins(files: object) -> None:
        while True:
            try:
                sum(range(1000))
            except ValueError:
                continue

    runaway(monkeypatch, spins)
    wanted = options(tmp_path)
    wanted.cpu_seconds = 0.5
    started = time.process_time()
    found = collect(wanted)
    assert time.process_time() - started < 3
    stopped = failures(found, "timed_out")
    assert "CPU time" in stopped["host.sysctls"]
    assert "host.files" in stopped, "what comes after is not read either"
    assert {s["Status"] for s in found.facts["Sources"] if s["Name"] == "docker.containers"} == {"ok"}
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_cpu_time_of_what_hides_its_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stubborn(files: object) -> None:
        for _ in range(2):
            try:
                while True:
                    sum(range(1000))
            except Exception:  # noqa: BLE001, S112  # that is what it is about
                continue
        raise ValueError("enough")

    runaway(monkeypatch, stubborn)
    wanted = options(tmp_path)
    wanted.cpu_seconds = 0.3
    assert "host.sysctls" in failures(collect(wanted), "source_failed")


def test_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runaway(monkeypatch, lambda files: {"x": "x" * (400 * 1024 * 1024)})
    before = resource.getrlimit(resource.RLIMIT_DATA)
    found = collect(options(tmp_path))
    assert "host.sysctls" in failures(found, "too_large")
    assert "Files" in found.facts["Host"], "what comes after is read"
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_wall_time(tmp_path: Path) -> None:
    wanted = options(tmp_path)
    wanted.seconds = 0.0
    found = collect(wanted)
    assert "deadline" in failures(found, "timed_out")["host.sysctls"]


def test_wall_time_within_a_call_that_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def hangs(files: object) -> Any:
        return os.open(pipe, os.O_RDONLY)  # until somebody writes

    runaway(monkeypatch, hangs)
    wanted = options(tmp_path)
    wanted.seconds = 1.5
    started = time.monotonic()
    found = collect(wanted)
    assert time.monotonic() - started < 10
    stopped = failures(found, "timed_out")
    assert stopped["host.sysctls"] == DETAILS[TIMED_OUT]
    assert "deadline" in stopped["host.files"]
    assert {s["Status"] for s in found.facts["Sources"] if s["Name"] == "docker.containers"} == {"ok"}
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_deep_nesting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(files: object) -> Any:
        return deep(files)

    runaway(monkeypatch, deep)
    assert "host.sysctls" in failures(collect(options(tmp_path)), "source_failed")


def test_a_guard_in_a_thread_bounds_memory_alone() -> None:
    done = []

    def work() -> None:
        with Guard(Deadline(1), 1.0, 88 * 1024 * 1024):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


@pytest.fixture
def large(tmp_path: Path) -> Collected:
    """A collection of the recorded engine."""
    return collect(options(tmp_path))


def test_a_report_above_the_limit_goes_without_its_largest_part(large: Collected) -> None:
    whole = len(canonical(large.facts)) + len(canonical(large.volatile))
    containers = len(canonical(large.facts["Engines"][0]["Containers"]))
    limits = {"compressed": 10**9, "expanded": whole - 1000 + 8192}
    text = fit(large.facts, large.volatile, limits)
    assert text == canonical(large.facts)
    assert len(text) < whole - containers + 2000
    (engine,) = large.facts["Engines"]
    assert "Containers" not in engine
    assert "Images" in engine
    assert large.volatile["Engines"] == {}
    told = failures(large, "too_large")
    assert told == {"docker.containers": DETAIL, "docker.processes": DETAIL}


def test_a_report_whose_compressed_form_is_too_large(large: Collected) -> None:
    size = len(compressed(canonical(large.facts) + canonical(large.volatile)))
    fit(large.facts, large.volatile, {"compressed": size - 100 + 8192, "expanded": 10**9})
    assert failures(large, "too_large")


def test_what_never_fits_is_sent_as_small_as_it_can_be(large: Collected) -> None:
    fit(large.facts, large.volatile, {"compressed": 1, "expanded": 1})
    assert set(large.facts["Engines"][0]) >= {"Key", "Kind", "Endpoint", "Info"}
    assert not {"Containers", "Images", "Networks"} & set(large.facts["Engines"][0])


def test_a_report_that_fits_stays_whole(large: Collected) -> None:
    before = canonical(large.facts)
    assert fit(large.facts, large.volatile, LIMITS) == before == canonical(large.facts)


def test_limits_of_a_server() -> None:
    assert usable({"compressed": 100_000, "expanded": 200_000}) == {"compressed": 100_000, "expanded": 200_000}
    for nonsense in (None, 7, {}, {"compressed": "x", "expanded": 1}, {"compressed": -1}):
        assert usable(nonsense) == LIMITS


def test_a_source_that_meets_a_full_memory() -> None:
    sources = Sources(Deadline(10))

    def full() -> None:
        raise OSError(12, os.strerror(12))

    sources.read("x", full)
    assert sources.entries[0]["Reason"] == "too_large"
    assert re.search("willing to read", sources.entries[0]["Detail"])


def test_what_a_server_finds_too_large_comes_smaller_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two recorded engines: this machine alone may have less to say than any server takes.
    def of_recorded(given: Options) -> Report:
        found = options(tmp_path)
        found.endpoints, found.limits = ["tcp://192.0.2.1:2375", "tcp://192.0.2.2:2375"], given.limits
        return collect(found).report()

    monkeypatch.setattr(cycle, "collect", of_recorded)
    words = [f"--state={tmp_path}/state", "-H", f"unix://{tmp_path}/none.sock"]
    with serving() as server:
        assert main(["enrol", server.url, "--key", "k", words[0]]) == 0
        assert main(["send", *words]) == 0
        whole = len(canonical(server.requests[-1][1]["facts"]))
        assert whole > 16 * 1024
        server.extra = {"limits": {"compressed": 10**9, "expanded": whole}}
        assert [main(["send", *words]) for _ in range(2)] == [0, 0]
    smaller = server.requests[-1][1]["facts"]
    assert len(canonical(smaller)) < whole
    assert {s["Detail"] for s in smaller["Sources"] if s.get("Reason") == "too_large"} == {DETAIL}
    assert server.breaches == []
