"""One agent as a process of its own: the real agent's loop, with a made-up host, a mischievous clock and a journal.

Real are the agent's state, spool, chain, signing, delivery and back-off. Made up are what its host looks like (see
``world``), the machine's boot and clock, and the pauses, which are short.
"""

import random
import sys
import time
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.posture_agent import courier, entry, patience, spool
from agents.posture_agent.child import apart
from agents.posture_agent.collection import Collected, Options
from agents.posture_agent.report import Report
from agents.posture_agent.running import Service
from agents.posture_agent.state import State
from agents.posture_agent.transport import Transport
from posture.tests.chaos.journal import Journal
from posture.tests.chaos.world import STEP_CHANCE, plain_facts

INTERVAL = 10  # seconds, as the agent says; it collects more often
SETTLE = "settle"  # a file that tells the agent to bring what waits and to end
FIRST_SPAN, LONGEST_SPAN, BETWEEN = 0.2, 2.0, 0.1  # seconds, instead of the agent's own
LOOK_SECONDS = 120.0  # on a busy machine
SMALL_SPOOL = 0  # entries; the agent raises it to the least that it can work with
true_time = time.time
true_clock = time.monotonic


@dataclass(frozen=True)
class Orders:
    """What an agent's process is told at its start."""

    name: str
    folder: str
    seed: int
    pace: float
    small: bool
    boot: str
    booted_at: float  # by the clock of the machine that the test runs on
    offset: float  # seconds by which the clock is off …
    synced_after: float  # … until so many seconds after the start


class Host:
    """The made-up host: its facts, boot and clock."""

    def __init__(self, orders: Orders, journal: Journal) -> None:
        self.orders = orders
        self.journal = journal
        self.step = journal.last_step()
        self.chance = random.Random()  # noqa: S311 - of this life alone
        self.began = true_clock()

    def collect(self, options: Options) -> Report:
        """Look at the host, in a process apart as the real one: now and then it has changed."""
        if self.step == 0 or self.chance.random() < STEP_CHANCE:
            self.step += 1
        return apart(self.look, LOOK_SECONDS)

    def look(self) -> Report:
        """What is seen at this step."""
        return Collected(plain_facts(self.orders.seed, self.orders.name, self.step), {}, {}).report()

    def wall_clock(self) -> float:
        """The wall clock, which somebody sets right after a while."""
        wrong = true_clock() - self.began < self.orders.synced_after
        return true_time() + (self.orders.offset if wrong else 0.0)

    def boot_identifier(self) -> str:
        return self.orders.boot

    def boot_clock(self) -> float:
        """Seconds since the boot; a process that is started again goes on counting."""
        return round(true_clock() - self.orders.booted_at, 3)

    def take_over(self) -> None:
        """Have the agent's modules ask this host, and not the machine that they really run on."""
        made_up: dict[str, Any] = {
            "boot_identifier": self.boot_identifier,
            "boot_clock": self.boot_clock,
            "wall_clock": self.wall_clock,
            "collect": self.collect,
        }
        for name, module in list(sys.modules.items()):
            if name.startswith("agents.posture_agent.") and ".collectors" not in name:
                for attribute in made_up.keys() & vars(module).keys():
                    setattr(module, attribute, made_up[attribute])
        patience.FIRST_SPAN, patience.LONGEST_SPAN, courier.BETWEEN = FIRST_SPAN, LONGEST_SPAN, BETWEEN


def live(orders: Orders) -> None:
    """The process: work until killed, or until told to settle."""
    folder = Path(orders.folder)
    with (folder / "log").open("a", encoding="utf-8") as file, redirect_stderr(file):
        host = Host(orders, Journal(folder / "journal"))
        host.take_over()
        bounds = spool.Bounds(SMALL_SPOOL) if orders.small else spool.Bounds()
        service = Service(State(str(folder / "state")), Options([], b"x" * 32, None), INTERVAL, Transport(), bounds)
        write_down(service, host)
        while not (folder / SETTLE).exists():
            following = host.boot_clock() + orders.pace
            service.cycle()
            note_kept(service, host)
            service.rest_until(following)
        settle(service)


def write_down(service: Service, host: Host) -> None:
    """Have each collection in the journal before anybody hears of it."""
    position = service.courier.position
    advance = position.advance

    def advance_and_write(digest: str, observed_at: str, boot_id: str, clock: float) -> dict[str, Any]:
        true_at = true_time() - (host.boot_clock() - clock)  # of the look, however long a busy machine took since
        place = advance(digest, observed_at, boot_id, clock)
        host.journal.write(
            "collected",
            sequence=place["sequence"],
            step=host.step,
            digest=digest,
            boot=boot_id,
            observed_at=observed_at,
            true_at=true_at,
        )
        return place

    position.advance = advance_and_write  # type: ignore[method-assign]  # a seam of the test


def note_kept(service: Service, host: Host) -> None:
    """The newest collection is acknowledged or on the disk."""
    settled = service.courier.journal.settled
    if settled == service.courier.position.read()["sequence"]:
        host.journal.write("kept", sequence=settled, at=true_time())


def settle(service: Service) -> None:
    """Bring what waits, however often that takes."""
    while service.courier.spool.entries():
        service.retry()
        time.sleep(max(FIRST_SPAN, service.courier.waits_for() or 0.0))


def prepare(folder: str, url: str, installation: str, made: Any) -> None:
    """Make the state of an agent that has just enrolled. ``made``: as ``services.enrolment.enrol`` answers."""
    state = State(folder + "/state")
    state.prepare()
    known = {"url": url, "installation": installation, "token": made.token, "key": made.key}
    state.save_enrolment({**known, "ca": False, "interval": INTERVAL})


def waiting_files(folder: Path) -> list[Path]:
    """What waits in the spool of an agent's folder."""
    return sorted(path for path in (folder / "state" / "spool").glob("*") if entry.NAME.fullmatch(path.name))


def numbers_in(path: Path) -> list[int]:
    """The numbers of the collections in a file of the spool."""
    found = entry.Entry(path.name, 0)
    return list(range(found.first, found.last + 1))
