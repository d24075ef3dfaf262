"""The agents as processes that are killed, rebooted and started anew."""

import multiprocessing
import os
import random
import shutil
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from uuid import UUID

from posture.tests.chaos import agent
from posture.tests.chaos.journal import Journal

# One process loads what all of them need; each agent is forked off it in a few milliseconds.
CONTEXT = multiprocessing.get_context("forkserver")
# Seconds that a clock may be off after a boot; the last is 1970.
CLOCKS = (0.0, 0.0, -40.0, 3600.0, -86_400.0 * 365, -1.7e9)
SYNCED_AFTER = (0.5, 6.0)  # seconds until such a clock is set right


@dataclass
class Life:
    """One agent: where it lives, which boot its machine is in, and its process."""

    name: str
    folder: Path
    seed: int
    url: str
    pace: float  # seconds between collections
    small: bool  # a spool that overflows soon
    boots: int = 0
    offset: float = 0.0  # of its clock
    booted_at: float = field(default_factory=lambda: time.monotonic() - 60)
    process: ForkServerProcess | None = None

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "journal")

    def start(self) -> None:
        self.process = CONTEXT.Process(target=agent.live, args=(self.orders(),), daemon=True)
        self.process.start()

    def orders(self) -> agent.Orders:
        chance = random.Random(f"{self.seed} {self.name} {self.boots}")  # noqa: S311 - a story, not a secret
        return agent.Orders(
            name=self.name,
            folder=str(self.folder),
            seed=self.seed,
            pace=self.pace,
            small=self.small,
            boot=str(UUID(int=chance.getrandbits(128), version=4)),
            booted_at=self.booted_at,
            offset=self.offset,
            synced_after=chance.uniform(*SYNCED_AFTER),
        )

    def last_words(self) -> str:
        lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        return " | ".join(lines[-3:])

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        if self.process is not None and self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.join()

    def reboot(self, chance: random.Random) -> None:
        """The machine starts anew, with a clock that may be anywhere."""
        self.kill()
        self.boots += 1
        self.booted_at = time.monotonic() - chance.uniform(5, 30)
        self.offset = chance.choice(CLOCKS)
        self.start()

    def damage(self, chance: random.Random) -> bool:
        """Flip a byte of one waiting file while the agent is away; whether there was one."""
        self.kill()
        waiting = agent.waiting_files(self.folder)
        if waiting:
            path = chance.choice(waiting)
            content = bytearray(path.read_bytes())
            self.journal.write("damaged", numbers=agent.numbers_in(path))
            if content:
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
                path.write_bytes(bytes(content))
        self.start()
        return bool(waiting)


@dataclass
class Fleet:
    """All of them."""

    lives: list[Life] = field(default_factory=list)

    def start(self) -> None:
        CONTEXT.set_forkserver_preload(["posture.tests.chaos.agent"])
        for life in self.lives:
            life.start()

    def settle(self, limit: float) -> list[str]:
        """Have every agent bring what waits and end; those that did not, with their last words."""
        for life in self.lives:
            (life.folder / agent.SETTLE).touch()
            if life.process is not None and not life.process.is_alive():
                life.start()
        end, late = time.monotonic() + limit, []
        for life in self.lives:
            if life.process is not None:
                life.process.join(max(0.0, end - time.monotonic()))
                if life.process.exitcode != 0:
                    late.append(f"{life.name}: {life.last_words()}")
                    life.kill()
        return late

    def end(self) -> None:
        for life in self.lives:
            life.kill()
            shutil.rmtree(life.folder, ignore_errors=True)
