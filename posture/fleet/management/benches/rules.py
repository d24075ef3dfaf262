"""What judging costs: whole hosts, and hosts of which one container changed, by all editions on one core."""

import argparse
import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from posture.evaluation import evaluate as judging
from posture.evaluation.catalogue import load
from posture.evaluation.ruleset import Ruleset, build
from posture.facts import normalise as normalising
from posture.facts.resource import HostFacts
from posture.facts.wire.snapshot import Snapshot
from posture.fleet.management.benches.varied_host import host

FIRST_CHANGE = 10_000_000  # beyond what sets hosts apart
AT = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``manage.py bench rules``."""
    parser.add_argument("--core", type=int, default=0, help="the one core to measure on (default 0)")
    parser.add_argument("--hosts", type=int, default=60, help="different hosts (default 60)")
    parser.add_argument("--changes", type=int, default=600, help="changes of one container (default 600)")
    parser.add_argument("--containers", type=int, default=50, help="containers and images of each (default 50)")


def run(options: dict[str, Any]) -> Iterator[str]:
    """Lines of the report, each as soon as it is known."""
    os.sched_setaffinity(0, {options["core"]})
    ruleset = build(load(), parameters={})
    yield described(ruleset)
    count = options["containers"]
    hosts = [host(number, count) for number in range(options["hosts"] + 1)]
    # As web and Celery workers do at their start; and a worker holds one snapshot, not all of these.
    gc.freeze()
    yield resources_of(normalising.normalise(hosts[0]))
    for words, forget in (("nothing remembered", True), ("memory of other hosts kept", False)):
        yield f"whole hosts, {words}:"
        yield from measure(hosts, ruleset, forget=forget)
    yield "one container changed since the assessment before:"
    yield from measure(changes(options["changes"], count), ruleset, forget=False)


def changes(number: int, count: int) -> list[Snapshot]:
    """One host again and again, each time with one container changed."""
    salts = list(range(count))
    found = [host(0, count, salts=salts)]
    for one in range(number):
        salts[one % count] = FIRST_CHANGE + one
        found.append(host(0, count, salts=salts))
    return found


def described(ruleset: Ruleset) -> str:
    """How much there is to judge by."""
    rules = {check.rule.id for check in ruleset.checks.values()}
    controls = sum(len(mapping) for mapping in ruleset.editions.values())
    return f"{len(rules)} rules, {len(ruleset.checks)} checks, {len(ruleset.editions)} editions, {controls} controls"


def resources_of(facts: HostFacts) -> str:
    """How much there is to judge."""
    kinds = [resource.kind.value for resource in facts.resources]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def measure(snapshots: Sequence[Snapshot], ruleset: Ruleset, *, forget: bool) -> Iterator[str]:
    """Normalising and judging apart, then together."""
    normalised: list[HostFacts] = []
    clear = forget_all if forget else nothing
    normalising_times = timed(snapshots, lambda one: normalised.append(normalising.normalise(one)), clear)
    judging_times = timed(normalised, lambda facts: judging.evaluate(facts, ruleset, AT), clear)
    yield words("judged", judging_times)
    yield words("normalised", normalising_times)
    yield words("together", [a + b for a, b in zip(judging_times, normalising_times, strict=True)])


def words(name: str, seconds: Sequence[float]) -> str:
    """The median as rate and time: what other programs disturb counts for little."""
    median = statistics.median(seconds)
    return f"  {name:<11} {1 / median:6.0f}/s  {1000 * median:7.3f} ms each"


def timed(things: Sequence[Any], work: Callable[[Any], object], before: Callable[[], None]) -> list[float]:
    """CPU seconds of the work on each thing but the first, each after ``before``, which is not counted."""
    forget_all()
    work(things[0])
    taken = []
    for thing in things[1:]:
        before()
        start = time.process_time()
        work(thing)
        taken.append(time.process_time() - start)
    return taken


def forget_all() -> None:
    """Empties every memory of facts and judgements."""
    normalising.forget()
    judging.forget()


def nothing() -> None:
    """Forgets nothing."""
