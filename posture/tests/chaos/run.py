"""The chaos run: a server, fifty agents, and everything between and around them dying by a seed; then the reckoning."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import dj_database_url
from django.db import connection, connections
from django.utils import timezone

from posture.celery import app
from posture.facts.wire.snapshot import AgentInfo, Enrolment
from posture.fleet.models import DroppedRange, Installation, Snapshot
from posture.fleet.queries.ledger_dump import ledger_dump
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.services.sweeping import find_due_hosts
from posture.fleet.tasks import sweep
from posture.tests.chaos import agent, calm
from posture.tests.chaos.evidence import keep_agents, keep_lines, keep_server
from posture.tests.chaos.fleet import Fleet, Life
from posture.tests.chaos.network import Network
from posture.tests.chaos.product import Product, product
from posture.tests.chaos.reckoning import Account, account_of, disagreements

# What happens, and how often in a hundred.
MISCHIEF = {
    "kill an agent": 34,
    "reboot a host": 16,
    "damage a spool file": 10,
    "cut the network": 12,
    "kill web": 8,
    "kill worker": 8,
    "kill beat": 2,
    "kill broker": 5,
    "kill database": 5,
}
PACE, LONG_PACE = 1.0, 2.0  # seconds between two collections of an agent
LONG = 300.0  # seconds of chaos from which on it takes its time: what was killed works again before the next thing
SHORT_BREATHS, BREATHS = (0.05, 0.6), (1.0, 8.0)  # seconds between one thing and the next
SETTLING = 60.0
SHOWN = 40


@dataclass
class Chaos:
    """One run."""

    seed: int
    seconds: float
    agents: int
    product: Product
    network: Network
    fleet: Fleet
    chance: random.Random = field(init=False)
    done: Counter[str] = field(default_factory=Counter)
    power_cuts: list[float] = field(default_factory=list)  # of the database, seconds since the epoch

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - mischief, not a secret

    def rage(self) -> None:
        """Do one thing after the other until the time is over; each kind comes at least once."""
        end = time.monotonic() + self.seconds
        first = list(MISCHIEF)
        self.chance.shuffle(first)
        while time.monotonic() < end or first:
            what = first.pop() if first else self.chance.choices(list(MISCHIEF), list(MISCHIEF.values()))[0]
            self.act(what)
            self.done[what] += 1
            time.sleep(self.chance.uniform(*(BREATHS if self.is_long else SHORT_BREATHS)))

    @property
    def is_long(self) -> bool:
        return self.seconds >= LONG

    def those_who_wait(self) -> list[Life]:
        """Agents with something in their spool; all of them where nothing waits."""
        return [life for life in self.fleet.lives if agent.waiting_files(life.folder)] or self.fleet.lives

    def act(self, what: str) -> None:
        life = self.chance.choice(self.those_who_wait() if what == "damage a spool file" else self.fleet.lives)
        if what == "kill an agent":
            life.kill()
            life.start()
        elif what == "reboot a host":
            life.reboot(self.chance)
        elif what == "damage a spool file":
            if not life.damage(self.chance):
                self.done["damage a spool file"] -= 1  # nothing waited there
        elif what == "cut the network":
            self.network.is_cut = True
            time.sleep(self.chance.uniform(0.5, 20.0 if self.is_long else 3.0))
            self.network.is_cut = False
        else:
            part = what.removeprefix("kill ")
            self.product.kill(part)
            if part == "database":
                self.power_cuts.append(time.time())
            time.sleep(self.chance.uniform(0, 5.0 if self.is_long else 1.0))
            self.product.start(part)

    def settle(self) -> list[str]:
        """Peace: all is up, what waits is brought, what is due is folded. What did not come to rest, in words."""
        self.network.is_calm = True
        self.product.wait_until_up()
        troubles = [f"could not bring what waits: {words}" for words in self.fleet.settle(SETTLING)]
        self.network.settle()
        end = time.monotonic() + SETTLING
        while find_due_hosts(now=timezone.now()):
            if time.monotonic() > end:
                return [*troubles, "hosts are still due"]
            sweep()
            time.sleep(0.5)
        return troubles


def run(*, seed: int, seconds: float, agents: int, evidence: Path | None = None) -> Iterator[str]:
    """Lines of the report; RuntimeError where the ledger is not that of the journals. ``evidence``: a folder for what
    helps to find out why."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="posture-chaos-") as name, product(Path(name)) as found:
        connections.databases["default"].update(dj_database_url.parse(found.environment["DATABASE_URL"]))
        app.conf.broker_url = found.environment["REDIS_URL"]
        network = Network(found.port, seed)
        network.start()
        pace = LONG_PACE if seconds >= LONG else PACE
        fleet = Fleet(enrolled(Path(name), agents, seed, network.port, pace))
        chaos = Chaos(seed, seconds, agents, found, network, fleet)
        try:
            fleet.start()
            yield f"seed {seed}, {agents} agents, {seconds:.0f} s of chaos, ready after {since(began)}"
            chaos.rage()
            connection.close()  # the database was killed below it
            troubles = chaos.settle()
            yield f"at rest after {since(began)}"
            yield "done: " + ", ".join(f"{what} {count}" for what, count in sorted(chaos.done.items()))
            yield "network: " + ", ".join(f"{fate} {count}" for fate, count in sorted(network.fates.items()))
            found.rest()  # else the sweep takes part in the calm fold
            yield from reckon(chaos, troubles, evidence or Path(name) / "evidence")
        finally:
            fleet.end()
            network.stop()
            connection.close()


def enrolled(folder: Path, agents: int, seed: int, port: int, pace: float) -> list[Life]:
    """So many enrolled agents, each fifth with a spool that overflows soon. By the service, which is quicker."""
    _key, secret = create_enrolment_key(
        group=get_or_create_group(), actor="chaos", uses=agents, lifetime=timedelta(days=1)
    )
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    url = f"http://127.0.0.1:{port}"
    lives = []
    for number in range(agents):
        name = f"host-{number:02d}"
        home = folder / name
        home.mkdir()
        said = Enrolment(
            protocol=1,
            key=secret,
            installation=str(uuid4()),
            hostname=name,
            machine_id=None,
            agent=AgentInfo(Version="0.1.0", Python="3.11.2", Interval=agent.INTERVAL),
        )
        made = enrol(enrolment=said, now=datetime.now(UTC))
        agent.prepare(str(home), url, said.installation, made)
        lives.append(Life(name, home, seed, url, pace * chance.uniform(0.7, 1.3), small=number % 5 == 0))
    return lives


def reckon(chaos: Chaos, troubles: list[str], evidence: Path) -> Iterator[str]:
    """Compare journals and ledger; then fold the journals anew and compare the ledgers."""
    accounts = [account_of(life.name, life.journal, chaos.power_cuts) for life in chaos.fleet.lives]
    collected = sum(len(one.collections) for one in accounts)
    kept = sum(len(one.kept) for one in accounts)
    yield f"journals: {collected} collections, {kept} of them acknowledged or on disk"
    estimated = Snapshot.objects.filter(estimated=True).count()
    yield f"server: {Snapshot.objects.count()} snapshots, {estimated} of them at an estimated time"
    repeated = sum(Installation.objects.values_list("repeated", flat=True))
    gone = sum(map(missing, accounts))
    yield f"server: {DroppedRange.objects.count()} ranges changed and not kept, {gone} numbers missing"
    yield f"server: {repeated} messages came twice or were overtaken"
    wrong = [*troubles, *(line for one in accounts for line in disagreements(one))]
    lived = ledger_dump()
    keep_server(evidence)
    calm.forget_everything()
    for one in accounts:
        calm.fold_calmly(one.host, one.installation, chaos.seed, one.told())
    wrong += differences(lived, ledger_dump())
    keep_lines(evidence / "wrong", wrong)
    keep_agents(evidence, chaos.fleet.lives)
    yield f"ledger: {len(lived.splitlines())} rows, computed anew from the journals"
    if wrong:
        raise RuntimeError("\n".join(["The ledger is not what the journals say:", *wrong[:SHOWN]]))
    yield "the ledger equals the one of the journals"


def since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} s"


def missing(found: Account) -> int:
    return sum(gap.last - gap.first + 1 for gap in found.gaps)


def differences(lived: str, wanted: str) -> list[str]:
    """Lines that only one of two ledgers has."""
    ours, theirs = set(lived.splitlines()), set(wanted.splitlines())
    sides = [(line, "only lived") for line in ours - theirs] + [
        (line, "only in the journals") for line in theirs - ours
    ]
    return [f"{side}: {line}" for line, side in sorted(sides)]
