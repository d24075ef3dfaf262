"""The product's processes for a measurement: their own stores, pinned to one core, and what CPU time they took."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings

from posture.launch import temporary
from posture.launch.port import free_port

TICKS = os.sysconf("SC_CLK_TCK")
LIMIT = 60.0
# The settings with which bin/up starts its server; durability is whole: an acknowledged report is on the disk.
POSTGRES = {"max_connections": "60", "max_wal_size": "512MB"}


@dataclass(frozen=True)
class Product:
    """What runs: the port of the web server, the database's URL, and the first process of each part."""

    port: int
    database_url: str
    environment: Mapping[str, str]
    roots: Mapping[str, int]

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time that each part has taken so far, its children included."""
        running = read_processes()
        taken = dict.fromkeys(self.roots, 0.0)
        for name, root in self.roots.items():
            for process in running:
                if root in ancestors(process, running):
                    taken[name] += running[process][1]
        return taken


def read_processes() -> dict[int, tuple[int, float]]:
    """Every process: its parent, and the CPU seconds that it and its ended children have taken."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        found[int(path.parent.name)] = (int(fields[1]), sum(int(field) for field in fields[11:15]) / TICKS)
    return found


def ancestors(process: int, running: Mapping[int, tuple[int, float]]) -> set[int]:
    """A process and all those above it."""
    above = set()
    while process in running and process not in above:
        above.add(process)
        process = running[process][0]
    return above


@contextmanager
def product(core: int) -> Iterator[Product]:
    """Web server, worker, PostgreSQL and Valkey as bin/up runs them, with new stores, all on one core."""
    pinned = ("taskset", "--cpu-list", str(core))
    with ExitStack() as stack:
        database = stack.enter_context(temporary.postgres(settings=POSTGRES, prefix=pinned))
        broker = stack.enter_context(temporary.valkey(prefix=pinned))
        port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database.url,
            "REDIS_URL": broker.url,
            "POSTURE_SECRET_KEY": secrets.token_urlsafe(32),
            # Agents are enrolled in the bench's own process, which seals their keys.
            "POSTURE_ENCRYPTION_KEY": ",".join(settings.ENCRYPTION_KEYS),
            "POSTURE_BIND": f"127.0.0.1:{port}",
        }
        run(["manage.py", "migrate", "--no-input", "--verbosity=0"], environment)
        run(["manage.py", "assign_rulesets"], environment)
        web = ["-m", "gunicorn", "--config=python:posture.launch.gunicorn_conf", "posture.wsgi"]
        words = ["--concurrency=1", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
        worker = ["-m", "celery", "-A", "posture.celery", "worker", *words]
        processes = {
            name: stack.enter_context(child([*pinned, sys.executable, *command], environment))
            for name, command in (("web", web), ("worker", worker))
        }
        roots = {name: process.pid for name, process in processes.items()}
        for name, server in (("database", database), ("broker", broker)):
            if server.process is not None:
                roots[name] = server.process.pid
        wait_for(port)
        yield Product(port, database.url, environment, roots)


def run(words: list[str], environment: Mapping[str, str]) -> None:
    """Run a management command to its end; RuntimeError with what it said when it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, *words],
        env=dict(environment),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])


@contextmanager
def child(words: list[str], environment: Mapping[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A process in a session of its own, which ends with the context."""
    process = subprocess.Popen(  # noqa: S603 - our own commands
        words, env=dict(environment), cwd=settings.BASE_DIR, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(port: int) -> None:
    """Wait until the web server answers."""
    end = time.monotonic() + LIMIT
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/agent/ca.pem")
            connection.getresponse().read()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise RuntimeError("the web server did not start") from error
            time.sleep(0.2)
        finally:
            connection.close()
