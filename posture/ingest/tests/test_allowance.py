"""The count in Valkey: exact over processes and threads, and no trouble where Valkey is one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as project
from pytest_django import Settings
from redis import Redis

from posture.ingest import allowance
from posture.ingest.allowance import HANDFUL, MOST_PURSES, Allowance, Bounds
from posture.ingest.rates import agent_bounds

ROOT = Path(__file__).resolve().parents[3]
MANY = Bounds(rate=1, burst=400)
# What a web server's process does with eight threads: take until nothing is given.
GREEDY = """
import django, sys
django.setup()
from concurrent.futures import ThreadPoolExecutor
from posture.ingest.allowance import Allowance, Bounds
shared = Allowance("test", lambda: Bounds(rate=1, burst=400))
with ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(lambda _one: shared.take(sys.argv[1]) == 0, range(600))))
"""


@pytest.fixture
def valkey() -> Redis:
    """The tests' own Valkey."""
    return Redis.from_url(project.REDIS_URL)


@pytest.fixture
def _elsewhere() -> Iterator[None]:
    """REDIS_URL may be another one in this test."""
    allowance.script.cache_clear()
    yield
    allowance.script.cache_clear()


def many() -> Allowance:
    return Allowance("test", lambda: MANY)


def taken(of: Allowance, whose: str, times: int) -> int:
    """How often one unit was given."""
    return sum(of.take(whose) == 0 for _time in range(times))


def test_what_was_taken_comes_back() -> None:
    quick, whose = Allowance("test", lambda: Bounds(rate=600, burst=10)), str(uuid4())
    start = time.monotonic()
    assert taken(quick, whose, 10) == 10
    pause = quick.take(whose)
    if time.monotonic() - start < 0.1:
        assert 0 < pause <= 0.1
    assert quick.wait(whose) <= 0.1
    assert quick.wait(str(uuid4())) == 0
    time.sleep(0.35)
    assert quick.wait(whose) == 0
    assert taken(quick, whose, 3) == 3


def test_processes_and_threads_share_one_allowance() -> None:
    whose = str(uuid4())
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "posture.settings", "POSTURE_SECRET_KEY": "x" * 50}
    running = [
        subprocess.Popen([sys.executable, "-c", GREEDY, whose], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        for _process in range(2)
    ]
    counts = [int(one.communicate(timeout=120)[0]) for one in running]
    lost = 2 * 8 * HANDFUL  # handfuls that threads had in hand as the end came
    assert MANY.burst - lost <= sum(counts) <= MANY.burst + 2, counts
    assert many().take(whose) > 0


def test_mostly_nobody_is_asked(valkey: Redis) -> None:
    shared, whose = many(), str(uuid4())
    shared.take(str(uuid4()))  # now the script is there
    asked = valkey.info("commandstats")["cmdstat_evalsha"]["calls"]
    assert taken(shared, whose, 100) == 100
    assert valkey.info("commandstats")["cmdstat_evalsha"]["calls"] - asked == 100 / HANDFUL
    (name,) = valkey.keys(f"*{whose}*")
    assert 0 < valkey.ttl(name) <= 60 * MANY.burst, "nothing stays for ever"


def test_the_worst_that_an_honest_agent_does_passes_at_once() -> None:
    """A spool of 4,096 snapshots of a host with 100 containers (some 210 KB each), and 500 answers that were lost."""
    shared, whose = Allowance("test", agent_bounds), str(uuid4())
    with ThreadPoolExecutor(8) as pool:
        assert all(pause == 0 for pause in pool.map(lambda _one: shared.take(whose, 2), range(4096 + 500)))


def test_more_than_there_ever_is_counts_as_all() -> None:
    shared, whose = many(), str(uuid4())
    assert shared.take(whose, 10**9) == 0
    assert shared.take(whose) > 0


def test_no_rate_is_no_bound() -> None:
    free, whose = Allowance("test", lambda: Bounds(rate=0, burst=1)), str(uuid4())
    assert taken(free, whose, 50) == 50


def test_a_clock_that_was_set_back_shuts_nobody_out_for_long(valkey: Redis) -> None:
    shared, whose = many(), str(uuid4())
    assert shared.take(whose) == 0
    (name,) = valkey.keys(f"*{whose}*")
    valkey.set(name, time.time() + 10**8)
    shared.forget()
    assert 0 < shared.take(whose) <= 60 * HANDFUL


def test_valkey_may_be_started_anew(valkey: Redis) -> None:
    shared, whose = many(), str(uuid4())
    assert shared.take(whose, 300) == 0
    valkey.script_flush()
    valkey.client_kill_filter(_type="normal", skipme=True)
    assert shared.take(whose, 90) == 0
    assert shared.take(whose, 90) > 0, "it went on counting"


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize("is_hanging", [False, True])
def test_without_valkey_nobody_is_counted_and_nobody_waits(
    is_hanging: bool, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        if not is_hanging:
            silent.close()
        port = 9 if not is_hanging else silent.getsockname()[1]
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        shared, whose, start = many(), str(uuid4()), time.monotonic()
        assert taken(shared, whose, 1000) == 1000
        assert time.monotonic() - start < 4
    assert caplog.text.count("Nobody is counted") <= 2, "it is left alone for a while"


def test_what_a_process_keeps_is_bounded() -> None:
    shared = many()
    for number in range(MOST_PURSES + 10):
        shared._keep(str(number), 1, 0.0)
    assert len(shared._purses) == MOST_PURSES
