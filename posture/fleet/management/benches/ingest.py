"""What check-ins and snapshots cost, end to end: from HTTP to committed findings."""

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dj_database_url
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from posture.fleet.management.benches.fleet_load import (
    Call,
    ImaginaryAgent,
    call_of,
    containers_of,
    enrol_agents,
    post_all,
)
from posture.fleet.management.benches.product_processes import Product, product
from posture.fleet.models import Cursor, OpenFinding
from posture.fleet.services.advance import advance
from posture.fleet.services.agents import authenticate
from posture.fleet.services.delivery import delivery_of
from posture.fleet.services.snapshots import store_snapshot

CHECK_IN, SNAPSHOTS = "/api/v1/agent/check-in", "/api/v1/agent/snapshots"
PAUSE = 0.05
LIMIT = 300.0
WARM_UP = 16  # hosts: programs are loaded, connections made, rules compiled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``manage.py bench ingest``."""
    parser.add_argument("--cores-server", type=int, default=0, help="core of web, worker and stores (default 0)")
    parser.add_argument("--cores-load", type=int, default=1, help="core of the load (default 1)")
    parser.add_argument("--hosts", type=int, default=200, help="imaginary hosts (default 200)")
    parser.add_argument("--containers", type=int, default=50, help="containers of each (default 50)")
    parser.add_argument("--check-ins", type=int, default=20, help="check-ins of each host (default 20)")
    parser.add_argument("--threads", type=int, default=8, help="connections at a time (default 8)")


@dataclass
class Phase:
    """One measured phase: what was done how often, in which time, with how much CPU time by part."""

    name: str
    count: int
    wall: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    def words(self) -> str:
        """Rates and cost as one line. The rate of the CPU is what one core gives that nobody else uses."""
        total = sum(self.cpu.values())
        parts = ", ".join(f"{name} {1000 * taken / self.count:.2f}" for name, taken in self.cpu.items())
        rate = self.count / total if total else 0.0
        return (
            f"{self.name}: {self.count} in {self.wall:.1f} s = {self.count / self.wall:.0f}/s; "
            f"{1000 * total / self.count:.2f} ms CPU each ({parts}) = {rate:.0f}/s on a core of its own"
        )


@contextmanager
def measured(name: str, count: int, of: Product) -> Iterator[Phase]:
    """Measure a block."""
    phase, before, start = Phase(name, count), of.cpu_seconds(), time.perf_counter()
    yield phase
    phase.wall = time.perf_counter() - start
    phase.cpu = {part: taken - before[part] for part, taken in of.cpu_seconds().items()}


def run(options: dict[str, Any]) -> Iterator[str]:
    """Lines of the report, each as soon as it is known."""
    with product(options["cores_server"]) as found:
        # This process is the load and looks into the measured database: it talks to no other one.
        connections.databases["default"].update(dj_database_url.parse(found.database_url))
        os.sched_setaffinity(0, {options["cores_load"]})
        for _line in measure_snapshots(found, enrol_agents(WARM_UP, alike=True), options, "not counted"):
            pass
        fleet = enrol_agents(options["hosts"], alike=True)
        yield from measure_snapshots(found, fleet, options, "hosts run the same services")
        yield measure_check_ins(found, fleet, options)
        unlike = enrol_agents(options["hosts"], alike=False)
        yield from measure_snapshots(found, unlike, options, "every container unlike all others")
        yield from describe_costs(unlike, options)
        connection.close()


def measure_snapshots(
    found: Product, agents: list[ImaginaryAgent], options: dict[str, Any], kind: str
) -> Iterator[str]:
    """First snapshots of every host, then one with one container changed."""
    for changed, name in ((None, f"first snapshots, {kind}"), (7, f"one container changed, {kind}")):
        for agent in agents:
            agent.take(containers_of(agent, options["containers"], changed=changed))
        written, size = wal_bytes(), database_bytes()
        with measured(name, len(agents), found) as phase:
            require(post_all(found.port, SNAPSHOTS, calls(agents), threads=options["threads"]), 201)
            wait_until_judged()
        yield phase.words()
        wire = statistics.mean(len(agent.body) for agent in agents)
        yield (
            f"  {wire / 1000:.1f} kB on the wire, {(wal_bytes() - written) / len(agents) / 1000:.0f} kB of log and "
            f"{(database_bytes() - size) / len(agents) / 1000:.0f} kB of tables and indexes each"
        )


def calls(agents: list[ImaginaryAgent]) -> list[Call]:
    return [call_of(agent, SNAPSHOTS, agent.body, zipped=True) for agent in agents]


def measure_check_ins(found: Product, agents: list[ImaginaryAgent], options: dict[str, Any]) -> str:
    """Check-ins that confirm what is known, host after host, round after round."""
    rounds = [
        [call_of(agent, CHECK_IN, agent.next_check_in(), zipped=False) for agent in agents]
        for _round in range(options["check_ins"])
    ]
    with measured("unchanged check-ins", len(agents) * len(rounds), found) as phase:
        for one in rounds:
            require(post_all(found.port, CHECK_IN, one, threads=options["threads"]), 200)
    return phase.words()


def require(statuses: list[int], wanted: int) -> None:
    """RuntimeError when any call was answered otherwise."""
    wrong = sorted({status for status in statuses if status != wanted})
    if wrong:
        raise RuntimeError(f"answers other than {wanted}: {wrong}")


def wait_until_judged() -> None:
    """Wait until the worker has folded everything."""
    end = time.monotonic() + LIMIT
    while Cursor.objects.filter(pending=True).exists():
        if time.monotonic() > end:
            raise RuntimeError("the worker did not finish")
        time.sleep(PAUSE)


def describe_costs(agents: list[ImaginaryAgent], options: dict[str, Any]) -> Iterator[str]:
    """Statements and rows of one more snapshot, counted in this process through the same services."""
    agent, now = agents[0], datetime.now(UTC)
    known = authenticate(token=agent.token, now=now)
    rows = OpenFinding.objects.filter(host=known.host).count()
    for changed in (7, 8):
        agent.take(containers_of(agent, options["containers"], changed=changed))
        if agent.last is None:
            raise RuntimeError("nothing was taken")
        with CaptureQueriesContext(connection) as stored:
            store_snapshot(agent=known, delivery=delivery_of(snapshot=agent.last), now=now)
        with CaptureQueriesContext(connection) as judged:
            advance(host=known.host, now=now)
    yield (
        f"a changed snapshot: {len(stored) + 1} statements to store (the token's included), {len(judged)} to judge; "
        f"{rows} open findings of a host"
    )


def wal_bytes() -> int:
    """How far the log has come."""
    return int(scalar("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))


def database_bytes() -> int:
    """Size of the database."""
    return int(scalar("SELECT pg_database_size(current_database())"))


def scalar(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
