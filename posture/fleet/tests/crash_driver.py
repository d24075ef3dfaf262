"""The part of the crash test that runs in processes of its own: ``manage.py shell`` would be too slow to start.

``deliver`` hands in every snapshot as agents do, again and again until it is acknowledged; ``finish`` sweeps as beat
does until nothing is due; ``undisturbed`` does all in the order of time and without a worker; ``dump`` prints the
ledger.
"""

import random
import sys
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from posture.facts.tests.builders import container, hardened
from posture.fleet.queries.ledger_dump import ledger_dump
from posture.fleet.services.advance import advance
from posture.fleet.services.sweeping import find_due_hosts
from posture.fleet.tasks import advance_soon, sweep
from posture.fleet.tests.cast import Machine, machine, make_key, minute

PATIENCE = 120.0
HOSTS, SIGHTS, CONTAINERS = 8, 12, 25
PORTION, PACE = 18, 0.2  # calls, seconds


def run(part: str) -> str:
    """Do one part; gives what is to be printed."""
    parts: dict[str, Callable[[], str]] = {
        "deliver": deliver,
        "finish": finish,
        "undisturbed": undisturbed,
        "dump": ledger_dump,
    }
    return parts[part]()


def machines() -> list[Machine]:
    """Machines that have seen the same things in every run: containers come, go, are fixed and broken."""
    key = make_key()
    made = [machine(f"host-{number}", key=key) for number in range(HOSTS)]
    for number, one in enumerate(made):
        for sight in range(SIGHTS):
            kinds = [hardened if (number + sight + index) % 4 else container for index in range(CONTAINERS)]
            names = [f"c{(index + sight // 3) % (CONTAINERS + 3)}" for index in range(CONTAINERS)]
            one.look([kind(name) for kind, name in zip(kinds, names, strict=True)], at=minute(1 + 5 * sight + number))
    return made


def deliver() -> str:
    """Everything in an order of its own: neighbours swapped, some twice."""
    chance = random.Random(20260301)  # noqa: S311 - an order, not a secret
    calls = [(one, sent) for one in machines() for sent in one.sent]
    calls.sort(key=lambda call: (call[1].sequence + chance.uniform(0, 2.5), call[0].name))
    for count, (one, sent) in enumerate(calls + chance.sample(calls, 10)):
        # The test opens one portion at a time, and disturbs in the middle of it; its end opens the rest.
        if count % PORTION == 0:
            sys.stdin.readline()
        time.sleep(PACE)
        again_and_again(lambda one=one, sent=sent: one.deliver(sent, now=minute(500)))  # type: ignore[misc]  # defaults bind
        advance_soon(host=one.agent.host)
    return "delivered"


def again_and_again(step: Callable[[], object]) -> None:
    """Do a step until the database took it, as an agent that deletes nothing before it is acknowledged."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            step()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def finish() -> str:
    """Sweep, as beat does, until the worker has nothing left to do."""
    end = time.monotonic() + PATIENCE
    while find_due_hosts(now=timezone.now()):
        if time.monotonic() > end:
            return "not finished"
        sweep()
        time.sleep(0.5)
    return "finished"


def undisturbed() -> str:
    """The same snapshots in the order of time, each judged before the next one comes."""
    made = machines()
    for one in made:
        for sent in one.sent:
            one.deliver(sent)
            advance(host=one.agent.host, now=timezone.now())
    return ledger_dump()
