"""Whoever is killed, and however: no process of the product outlives it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from posture.launch.tests import family

pytestmark = pytest.mark.long  # starts programs and waits for their end

EVERYBODY = ("guardian", "supervisor", "plain", "stubborn", "stubborn-child")


def pid_of(folder: Path, name: str) -> int:
    """The pid that a process noted, as soon as it did."""
    limit = time.monotonic() + 15
    path = folder / f"{name}.pid"
    while not (path.exists() and path.read_text(encoding="ascii")):
        assert time.monotonic() < limit, f"{name} never started: {(folder / 'log').read_text(encoding='utf-8')}"
        time.sleep(0.02)
    return int(path.read_text(encoding="ascii"))


def is_alive(pid: int) -> bool:
    """Whether the process is there and not a zombie that waits to be collected."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def require_all_ended(pids: list[int], *, within: float = 12.0) -> None:
    limit = time.monotonic() + within
    while left := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < limit, f"still alive: {left}"
        time.sleep(0.05)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everybody(tmp_path: Path, signum: signal.Signals) -> None:
    started = family.start(tmp_path, "plain", "stubborn")
    pids = [pid_of(tmp_path, name) for name in EVERYBODY]
    started.send_signal(signum)
    assert started.wait(timeout=15) == 0
    require_all_ended(pids, within=0.5)


@pytest.mark.parametrize("victim", ["guardian", "supervisor"])
def test_killing_one_of_the_two_heads_ends_everybody(tmp_path: Path, victim: str) -> None:
    started = family.start(tmp_path, "plain", "stubborn")
    pids = [pid_of(tmp_path, name) for name in EVERYBODY]
    os.kill(pid_of(tmp_path, victim), signal.SIGKILL)
    started.wait(timeout=15)
    require_all_ended(pids)


def test_killing_both_heads_at_once_ends_the_obedient(tmp_path: Path) -> None:
    started = family.start(tmp_path, "plain")
    pids = [pid_of(tmp_path, name) for name in ("guardian", "supervisor", "plain")]
    os.killpg(started.pid, signal.SIGKILL)
    started.wait(timeout=15)
    require_all_ended(pids)


def test_a_dying_parent_ends_everybody(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "posture.launch.tests.family", str(tmp_path), "plain"]
    parent = subprocess.Popen(["sh", "-c", '"$@" & wait', "sh", *words], stdout=subprocess.DEVNULL)
    pids = [pid_of(tmp_path, name) for name in ("guardian", "supervisor", "plain")]
    parent.kill()
    parent.wait(timeout=5)
    require_all_ended(pids)


def test_everybody_ends_when_nobody_reads_any_more(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "posture.launch.tests.family", str(tmp_path), "plain", "optional"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True) as started:
        pids = [pid_of(tmp_path, name) for name in ("guardian", "supervisor", "plain")]
        assert started.stdout is not None
        started.stdout.close()
        require_all_ended(pids)


def test_a_death_is_named_with_its_last_lines_and_ends_everybody(tmp_path: Path) -> None:
    started = family.start(tmp_path, "plain", "mortal")
    pids = [pid_of(tmp_path, name) for name in ("guardian", "supervisor", "plain", "mortal")]
    assert started.wait(timeout=15) == 1
    require_all_ended(pids, within=0.5)
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "✕ mortal ended with status 3." in log
    assert "    something  [31mbroke" in log, "a child's control characters do not reach the terminal"


def test_a_death_that_does_not_matter_is_only_said(tmp_path: Path) -> None:
    started = family.start(tmp_path, "plain", "optional")
    pid = pid_of(tmp_path, "optional")
    require_all_ended([pid])
    time.sleep(1.5)
    assert started.poll() is None
    started.terminate()
    assert started.wait(timeout=15) == 0
    assert "! optional ended with status 3 (something  [31mbroke); the rest goes on." in (tmp_path / "log").read_text(
        encoding="utf-8"
    )
