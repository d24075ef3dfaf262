"""What a collection costs on a real engine, beside docker-bench-security on the same engine in the same run."""

import argparse
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
from django.db import connection, connections

from agents.build import build
from agents.tests.authority import Authority
from posture.fleet.management.benches.product_processes import product
from posture.fleet.management.benches.relay import Relay, relay
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.services.groups import get_or_create_group
from posture.tests.engine import TestEngine, available

# Containers of the kinds a fleet has; each line is the options of every fifth container.
KINDS: tuple[tuple[str, ...], ...] = (
    ("-e", "DB_PASSWORD=not-a-real-one", "--network", "none"),
    ("--user", "1000:1000", "--cap-drop", "ALL", "--read-only", "--network", "none"),
    ("--memory", "64m", "--pids-limit", "50", "--label", "com.docker.compose.project=shop", "--network", "none"),
    ("-v", "/etc:/host/etc:ro", "--cap-add", "SYS_TIME", "--network", "none"),
    ("--security-opt", "no-new-privileges", "--restart", "on-failure:5", "--health-cmd", "true", "--network", "none"),
)


NAME = "localhost"  # of the server, in its certificate
SETTLING = 1.5  # seconds
ATTEMPTS = 10  # at a collection that finds nothing new


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of one run of a program, its children included. ``memory`` is the peak of its largest process, in bytes."""

    wall: float
    cpu: float
    memory: int

    def words(self) -> str:
        """The cost as text."""
        return f"{self.wall:8.3f} s wall, {self.cpu:8.3f} s CPU, {self.memory / 1e6:6.1f} MB peak"


@dataclass(frozen=True, slots=True)
class Promise:
    """One line of the contract: what is measured, the aim in words, the measure in words, and whether it is met."""

    name: str
    aim: str
    found: str
    met: bool

    def words(self) -> str:
        """A row of the table."""
        return f"| {self.name:<30} | {self.aim:>22} | {self.found:>16} | {'met' if self.met else 'missed':<6} |"


def at_most(name: str, found: float, aim: float, unit: str) -> Promise:
    """A promise that something is small."""
    return Promise(name, f"at most {amount(aim, unit)}", amount(found, unit), found <= aim)


def at_least(name: str, found: float, aim: float, unit: str) -> Promise:
    """A promise that something is large."""
    return Promise(name, f"at least {amount(aim, unit)}", amount(found, unit), found >= aim)


def amount(number: float, unit: str) -> str:
    """A number with its unit."""
    digits = {"bytes": 0, "times": 0, "MB": 1}.get(unit, 2)
    return f"{number:,.{digits}f} {unit}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``manage.py bench agent``."""
    parser.add_argument("--containers", type=int, default=50, help="running containers (default 50)")
    parser.add_argument("--engine", help="measure on this engine, as it is, instead of starting one")
    parser.add_argument("--server", help="port of a server on this machine, instead of starting the product")
    parser.add_argument("--key", help="enrolment key of that server")
    parser.add_argument("--docker-bench", type=Path, help="a checkout of docker-bench-security to compare with")
    parser.add_argument("--runs", type=int, default=5, help="collections to take the median of (default 5)")
    parser.add_argument("--plain", action="store_true", help="over HTTP; agents in the field speak TLS")
    parser.add_argument("--python", default=sys.executable, help="the Python that runs the agent")


def run(options: dict[str, Any]) -> Iterator[str]:
    """Lines of the report, each as soon as it is known. Raises RuntimeError where something cannot be started."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="posture-bench-")))
        engine = stack.enter_context(engine_with_containers(options))
        port, key = stack.enter_context(server(options))
        authority = None if options["plain"] else Authority(folder)
        wire = stack.enter_context(relay(port, None if authority is None else server_context(authority)))
        yield f"load average of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}"
        bench = Bench(folder, engine, wire, authority, options)
        bench.enrol(key)
        yield f"first collection, delivered    {bench.send().words()}"
        later = median([bench.changed() for _ in range(options["runs"])])
        yield f"later ones, delivered          {later.words()} (median of {options['runs']})"
        quiet, wire_bytes = bench.unchanged()
        yield f"a later one, nothing changed   {quiet.words()}"
        yield f"snapshot: {bench.snapshot_bytes()} bytes"
        promises = [
            at_most("the agent, one file", bench.agent.stat().st_size, 120 * 1024, "bytes"),
            at_most("peak memory", max(later.memory, quiet.memory) / 1e6, 22, "MB"),
            at_most("wall time, delivered", later.wall, 1, "s"),
            at_most("CPU time, delivered", later.cpu, 0.3, "s"),
            at_most("an unchanged check-in, HTTP", wire_bytes, 1024, "bytes"),
        ]
        if options["docker_bench"]:
            environment = {"DOCKER_HOST": engine.endpoint}
            theirs = measured(docker_bench(folder), folder / "theirs", options["docker_bench"], environment)
            yield f"docker-bench-security          {theirs.words()}"
            yield f"largest process: {later.memory / theirs.memory:.2f} of theirs"
            promises += [
                at_least("wall time beside docker-bench", theirs.wall / later.wall, 100, "times"),
                at_least("CPU time beside docker-bench", theirs.cpu / later.cpu, 100, "times"),
            ]
        yield from (promise.words() for promise in promises)


class Engine:
    """What is measured on; ``change`` changes a container where the engine is ours."""

    def __init__(self, endpoint: str, ours: TestEngine | None = None) -> None:
        self.endpoint = endpoint
        self.ours = ours
        self.name = "bench-000"

    def change(self) -> None:
        """Give a container another name, so that there is something to deliver."""
        if self.ours is not None:
            before, self.name = self.name, "bench-000" if self.name != "bench-000" else "bench-renamed"
            self.ours.docker("rename", before, self.name)


class Bench:
    """An agent with a state of its own, which sends through a relay; over TLS where an authority signed for that."""

    def __init__(
        self, folder: Path, engine: Engine, wire: Relay, authority: Authority | None, options: dict[str, Any]
    ) -> None:
        self.folder = folder
        self.engine = engine
        self.url = f"http://127.0.0.1:{wire.port}" if authority is None else f"https://{NAME}:{wire.port}"
        self.trust = [] if authority is None else [f"--ca={authority.pem}"]
        self.wire = wire
        self.python = options["python"]
        self.agent = folder / "posture-agent.pyz"
        build(self.agent)

    def agent_run(self, *words: str) -> Cost:
        """One command of the agent."""
        return measured([self.python, str(self.agent), *words, f"--state={self.folder}/state"], self.folder / "output")

    def enrol(self, key: str) -> None:
        """Let the agent into the server."""
        self.agent_run("enrol", self.url, f"--key={key}", *self.trust)

    def send(self) -> Cost:
        """A collection with whatever its delivery needs."""
        cost = self.agent_run("send", "-H", self.engine.endpoint, *self.trust)
        time.sleep(SETTLING)  # the server judges what came: not at the same time as the next run
        return cost

    def changed(self) -> Cost:
        """A collection that finds another name of a container, and delivers."""
        self.engine.change()
        return self.send()

    def unchanged(self) -> tuple[Cost, int]:
        """A collection that finds nothing new, and its bytes of HTTP. Raises RuntimeError where none does."""
        for _ in range(ATTEMPTS):
            before = self.wire.count
            cost = self.send()
            if "unchanged" in Path(f"{self.folder}/output.errors").read_text():
                return cost, self.wire.count - before
        raise RuntimeError("this host changes between any two collections")

    def snapshot_bytes(self) -> int:
        """Size of a snapshot."""
        self.agent_run("collect", "-H", self.engine.endpoint)
        return (self.folder / "output").stat().st_size


def server_context(authority: Authority) -> ssl.SSLContext:
    """TLS as a server in front of the product speaks it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(NAME))
    return context


def docker_bench(folder: Path) -> list[str]:
    """The other tool's command line: no colours, its log into our own directory."""
    return ["sh", "./docker-bench-security.sh", "-b", "-l", f"{folder}/docker-bench.log"]


@contextmanager
def engine_with_containers(options: dict[str, Any]) -> Iterator[Engine]:
    """The engine to measure on; our own is stopped and removed afterwards."""
    if options["engine"]:
        yield Engine(options["engine"])
        return
    if not available():
        raise RuntimeError(
            "An engine of our own needs root, dockerd, docker, ip and busybox; or name one with --engine."
        )
    with TestEngine() as engine:
        for number in range(options["containers"]):
            engine.run(f"bench-{number:03}", *KINDS[number % len(KINDS)])
        yield Engine(engine.endpoint, engine)


@contextmanager
def server(options: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Port and enrolment key of a server on this machine: the product with stores of its own, unless one is named."""
    if options["server"]:
        yield int(options["server"]), options["key"] or ""
        return
    with product(0) as found:
        connections.databases["default"].update(dj_database_url.parse(found.database_url))
        _key, secret = create_enrolment_key(group=get_or_create_group(), actor="bench", uses=1)
        yield found.port, secret
        connection.close()


# Runs in a small process of its own: a program counts what its parent occupied as its own peak, and ours is large.
LAUNCHER = """
import os, sys, time
output, *words = sys.argv[1:]
flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
files = [(os.POSIX_SPAWN_OPEN, 1, output, flags, 0o600), (os.POSIX_SPAWN_OPEN, 2, output + ".errors", flags, 0o600)]
started = time.monotonic()
child = os.posix_spawnp(words[0], words, os.environ, file_actions=files)
_, status, usage = os.wait4(child, 0)
print(status, time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def measured(
    words: Sequence[str], output: Path, folder: Path | None = None, environment: dict[str, str] | None = None
) -> Cost:
    """Run a program to its end, its output in a file; raises RuntimeError when it fails."""
    launched = subprocess.run(  # noqa: S603  # a developer's own words, no shell
        [sys.executable, "-I", "-S", "-c", LAUNCHER, str(output), *words],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        check=True,
        text=True,
    )
    status, wall, cpu, memory = launched.stdout.split()
    if int(status):
        raise RuntimeError(f"{words[0]} failed: {Path(f'{output}.errors').read_text(errors='replace')[-500:]}")
    return Cost(float(wall), float(cpu), int(memory) * 1024)  # Linux gives ru_maxrss in units of 1024 bytes


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each cost; the memory is the highest."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.memory for cost in costs),
    )
