"""Worker, database and broker die under load: the ledger ends as that of one undisturbed run."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from posture.launch.temporary import Server, postgres, valkey

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
PART = "import django; django.setup(); from posture.fleet.tests import crash_driver as d; print(d.run('{part}'))"
WORKER = ["-m", "celery", "-A", "posture.celery", "worker", "--concurrency=2", "--loglevel=ERROR", "--without-mingle"]
LIMIT = 150


def environment(database: str, broker: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "posture.settings",
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "POSTURE_SECRET_KEY": secrets.token_urlsafe(16),
        "PYTHONWARNINGS": "ignore",
    }


def start(words: list[str], env: Mapping[str, str]) -> "subprocess.Popen[str]":
    """A Python process in a session of its own."""
    return subprocess.Popen(
        [sys.executable, *words],
        env=dict(env),
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def result(process: "subprocess.Popen[str]") -> str:
    """What it printed, when it ended well."""
    said, _none = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, said
    return said.strip()


def part(name: str, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    return start(["-c", PART.format(part=name)], env)


def kill(process: "subprocess.Popen[str]") -> None:
    """End a process and all of its children, with no chance to tidy up."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=LIMIT)


@contextmanager
def worker(env: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    process = start(WORKER, env)
    try:
        yield process
    finally:
        kill(process)


def is_judging(url: str) -> bool:
    """Whether a worker is in the middle of an advance: it holds the lock of a host."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            row = cursor.fetchone()
    finally:
        connection.close()
    return row is not None and row[0] > 0


def wait_until_judging(url: str) -> None:
    """Wait for an advance to be under way."""
    end = time.monotonic() + LIMIT
    while not is_judging(url):
        assert time.monotonic() < end, "no worker took up the work"


def disturb(database: Server, broker: Server, env: Mapping[str, str], delivering: "subprocess.Popen[str]") -> None:
    """While snapshots come in: kill workers in mid-task, stop the database as a power cut does, kill the broker."""
    for what in ("worker", "database", "broker", "worker", "database"):
        with worker(env) as process:
            open_portion(delivering)
            wait_until_judging(database.url)
            if what == "worker":
                kill_now(process)
            else:
                stopped = database if what == "database" else broker
                stopped.stop(signal.SIGQUIT if what == "database" else signal.SIGKILL)
                time.sleep(0.5)
                stopped.start()


def open_portion(delivering: "subprocess.Popen[str]") -> None:
    """Let the next snapshots come in."""
    assert delivering.stdin is not None
    delivering.stdin.write("\n")
    delivering.stdin.flush()


def kill_now(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGKILL)


def test_the_ledger_survives_what_it_stands_on() -> None:
    with postgres() as database, valkey() as broker:
        connection = psycopg2.connect(database.url)
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE calm")
        connection.close()
        calm = environment(database.url.rpartition("/")[0] + "/calm", broker.url)
        env = environment(database.url, broker.url)
        for one in (calm, env):
            assert result(start(["manage.py", "migrate", "--no-input", "--verbosity=0"], one)) == ""
        wanted = result(part("undisturbed", calm))
        delivering = part("deliver", env)
        disturb(database, broker, env, delivering)
        assert delivering.poll() is None, "snapshots came in all the while"
        with worker(env):
            assert result(delivering) == "delivered"
            assert result(part("finish", env)) == "finished"
        assert result(part("dump", env)) == wanted
        assert wanted.count("closed finding") > 100
