"""A process that collects and delivers as fast as it can, to be killed: python -m agents.tests.worker STATE FOUND LOG.

FOUND: what a collection finds, as JSON. LOG: gets "number digest" of each collection, as the agent's own word.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from agents.posture_agent import cycle
from agents.posture_agent.collection import Collected, Options
from agents.posture_agent.courier import Courier
from agents.posture_agent.delivery import one_cycle
from agents.posture_agent.server import Refused, Unreachable
from agents.posture_agent.spool import Bounds
from agents.posture_agent.state import State
from agents.posture_agent.transport import Transport
from agents.tests.sending import World


def world_of(path: str) -> World:
    """A world that starts elsewhere in each process."""
    parts = json.loads(Path(path).read_text())
    parts["facts"]["Host"]["Hostname"] = "h%d" % (os.getpid() * 1000)
    return World(Collected(parts["facts"], parts["volatile"], parts["measurements"]))


def work(state: str, found: str, log: str, cycles: int, *, patient: bool = False) -> None:
    """So many cycles; every third one finds other facts."""
    world = world_of(found)
    cycle.collect = world.collect  # type: ignore[attr-defined]  # stands for the collection in this process
    courier = Courier(State(state), Transport(), Bounds(entries=40))
    advance = courier.position.advance

    def logged(digest: str, observed_at: str, boot_id: str, clock: float) -> dict[str, Any]:
        place = advance(digest, observed_at, boot_id, clock)
        with open(log, "a") as file:
            file.write(f"{place['sequence']} {place['digest']}\n")
        return place

    courier.position.advance = logged  # type: ignore[method-assign]  # the same, and its word
    for number in range(cycles):
        if number % 3 == 0:
            world.change()
        if not patient:
            courier.journal.not_before = 0.0
        try:
            one_cycle(courier, Options([], b"k" * 32, None), 300)
        except (Unreachable, Refused) as error:
            print(error, flush=True)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], sys.argv[3], 10**9)
