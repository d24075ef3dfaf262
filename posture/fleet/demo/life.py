"""One imaginary host lives its days: enrolled, checked in, delivered, judged."""

import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime, timedelta
from multiprocessing import get_context

import msgspec
from django.db import connection, connections

from agents.simulator.fleet import Plan
from agents.simulator.history import History, Message, canonical
from posture.facts.wire.snapshot import CheckIn, Enrolment
from posture.fleet.models import Host
from posture.fleet.services.advance import Advanced, advance
from posture.fleet.services.agents import Agent
from posture.fleet.services.check_in import check_in
from posture.fleet.services.delivery import open_delivery
from posture.fleet.services.enrolment import Enrolled, enrol
from posture.fleet.services.snapshots import store_snapshot

TRAVEL = timedelta(seconds=1)
ATTEMPTS, PAUSE = 120, 0.5  # seconds


class StoryError(RuntimeError):
    """The ledger did not take an imaginary host to its end."""


def live_fleet(*, plans: Sequence[Plan], keys: dict[str, str], end: datetime, workers: int) -> Iterator[int]:
    """Let every host live up to ``end``; gives the number of snapshots of each as it is done.

    ``keys``: by group, the secret of an enrolment key. Hosts are shared out to ``workers`` processes.
    """
    connections.close_all()  # a connection must not be shared with the children
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("fork"), initializer=prepare) as pool:
        lives = [pool.submit(live, plan, keys[plan.group], end) for plan in plans]
        try:
            for life in as_completed(lives):
                yield life.result()
        finally:
            pool.shutdown(cancel_futures=True)


def prepare() -> None:
    """In each child: a connection of its own. Losing the last second of a demo to a power cut harms nobody."""
    connections.close_all()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")


def live(plan: Plan, key: str, end: datetime) -> int:
    """One host's whole story; the number of its snapshots.

    Every message is a transaction of its own, as in life: within one, PostgreSQL could not clear away the host's old
    row versions, and each check-in would walk past all before it.
    """
    history = History(plan, end)
    wish = msgspec.convert(history.enrolment(key), Enrolment)
    enrolled = enrol(enrolment=wish, now=plan.joins_at, is_demo=True)
    interval = wish.agent.Interval
    Host.objects.filter(pk=enrolled.host).update(interval=interval)
    agent = Agent(uuid.UUID(history.installation), enrolled.host, interval)
    snapshots = sum(hand_in(message, agent, enrolled) for message in history.messages())
    judge(enrolled.host, end)
    return snapshots


def judge(host: uuid.UUID, end: datetime) -> None:
    """Fold the whole story into the ledger. The sweep of a running product may be at it already: then wait for it."""
    for _attempt in range(ATTEMPTS):
        if advance(host=host, now=end) is not Advanced.BUSY:
            return
        time.sleep(PAUSE)
    raise StoryError("Somebody else holds the ledger of a demo host for too long; remove the demo and try again.")


def hand_in(message: Message, agent: Agent, enrolled: Enrolled) -> bool:
    """Give one message to the service that an agent's request would reach; whether it was a snapshot."""
    now = message.at + TRAVEL
    if message.kind == "check-in":
        check_in(token=enrolled.token, check_in=msgspec.convert(message.body, CheckIn), now=now)
        return False
    store_snapshot(agent=agent, delivery=open_delivery(body=canonical(message.body)), now=now)
    return True
