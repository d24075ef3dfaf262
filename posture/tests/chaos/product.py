"""The product whose parts are killed: web server, worker and the sweep beat makes, on stores of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings

from posture.fleet.management.benches.product_processes import run, wait_for
from posture.launch.port import free_port
from posture.launch.temporary import Server, postgres, valkey

ROOT = Path(__file__).resolve().parents[3]
WEB = ["-m", "gunicorn", "--config=python:posture.launch.gunicorn_conf", "posture.wsgi"]
WORKER = [
    *("-m", "celery", "-A", "posture.celery", "worker", "--concurrency=1", "--loglevel=ERROR"),
    *("--without-gossip", "--without-mingle"),
]
BEAT = ["-m", "celery", "-A", "posture.celery", "beat", "--pidfile=", "--loglevel=ERROR"]
LIMIT = 60.0


@dataclass
class Part:
    """A process that is killed with all below it and started anew."""

    words: list[str]
    environment: dict[str, str]
    log: IO[bytes]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *self.words],
            env=self.environment,
            cwd=ROOT,
            start_new_session=True,
            stdout=self.log,
            stderr=self.log,
        )

    def kill(self) -> None:
        """End it and its children with no chance to tidy up."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(LIMIT)
            self.process = None


@dataclass
class Product:
    """What runs, and how each part of it dies and comes back."""

    database: Server
    broker: Server
    port: int
    environment: dict[str, str]
    parts: dict[str, Part] = field(default_factory=dict)

    def kill(self, name: str) -> None:
        """Kill a part as a crash or a power cut does."""
        if name == "database":
            self.database.stop(signal.SIGQUIT)
        elif name == "broker":
            self.broker.stop(signal.SIGKILL)
        else:
            self.parts[name].kill()

    def start(self, name: str) -> None:
        """Bring a part back."""
        if name in ("database", "broker"):
            server = self.database if name == "database" else self.broker
            server.start()
        else:
            self.parts[name].start()

    def wait_until_up(self) -> None:
        wait_for(self.port)

    def rest(self) -> None:
        """End all that writes to the database; the database stays."""
        for part in self.parts.values():
            part.kill()


@contextmanager
def product(folder: Path) -> Iterator[Product]:
    """The product on new stores, its logs in a folder."""
    with (
        postgres(settings={"max_connections": "80"}) as database,
        valkey() as broker,
        (folder / "log").open("ab") as log,
    ):
        port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database.url,
            "REDIS_URL": broker.url,
            "POSTURE_SECRET_KEY": settings.SECRET_KEY,  # this process enrols: its seals have to open there
            "POSTURE_BIND": f"127.0.0.1:{port}",
            "POSTURE_AGENT_RATE": "6000",  # an agent's hours are pressed into minutes
            "PYTHONWARNINGS": "ignore",
        }
        run(["manage.py", "migrate", "--no-input", "--verbosity=0"], environment)
        run(["manage.py", "assign_rulesets"], environment)
        made = Product(database, broker, port, environment)
        schedule = f"--schedule={folder / 'beat'}"
        for name, words in (("web", WEB), ("worker", WORKER), ("beat", [*BEAT, schedule])):
            made.parts[name] = Part(words, environment, log)
        try:
            for part in made.parts.values():
                part.start()
            made.wait_until_up()
            yield made
        finally:
            made.rest()
