"""One cycle of the agent: collect, check in, deliver; what the server cannot take now waits in the spool."""

from __future__ import annotations

import time

from .collection import Options, collect
from .server import Refused, Server, Unreachable
from .spool import Spool, SpoolFull
from .state import State
from .wire import check_in, digest, moment, snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_REPLAYED = 500  # waiting entries sent in one go, so that a long outage does not end in a flood


class Cycle:
    """The requests of one collection."""

    def __init__(self, check_in: dict[str, Any], snapshot: dict[str, Any]) -> None:
        self.check_in = check_in
        self.snapshot = snapshot

    @property
    def changed(self) -> bool:
        """Whether the facts differ from those of the collection before."""
        return bool(self.check_in["digest"] != self.check_in["previous_digest"])


def collected(options: Options, installation: str, position: Any, interval: int) -> Cycle:
    """Collect and make the requests. ``position``: function from digest to sequence, previous_digest and digest."""
    started = time.time()
    clock = time.monotonic()
    found = collect(options)
    place = dict(position(digest(found.facts)), installation=installation, observed_at=moment(started))
    request = check_in(place, interval, found.measurements)
    return Cycle(request, snapshot(request, found.facts, found.volatile, time.monotonic() - clock))


class Courier:
    """Brings cycles to the server in order."""

    def __init__(self, server: Server, spool: Spool) -> None:
        self.server = server
        self.spool = spool
        self.interval: int | None = None  # seconds, as the server last wished

    def bring(self, cycle: Cycle) -> str:
        """Send what waits, then this cycle; returns words for the log. Raises ServerError; see ``keep``."""
        replayed = self.replay()
        answer = self.server.check_in(cycle.check_in)
        if isinstance(answer.get("interval"), int) and 10 <= answer["interval"] <= 86400:
            self.interval = answer["interval"]
        words = "unchanged"
        if answer.get("deliver") is True:
            self.server.deliver(dict(cycle.snapshot, sent_at=moment(time.time())))
            words = "delivered"
        return words + (", %d that waited sent" % replayed if replayed else "")

    def replay(self) -> int:
        """Send waiting entries, oldest first; returns how many. Raises Unreachable or Stopped at the first failure."""
        sent = 0
        for entry in self.spool.entries()[:MAX_REPLAYED]:
            try:
                body = dict(self.spool.load(entry), sent_at=moment(time.time()))
                if entry.kind == "snapshot":
                    self.server.deliver(body)
                else:
                    self.server.check_in(body)
            except (Refused, ValueError):
                self.spool.set_aside(entry)
                continue
            self.spool.acknowledge(entry)
            sent += 1
        return sent

    def keep(self, cycle: Cycle) -> str:
        """Put a cycle that could not be brought into the spool: the snapshot if anything changed, else the check-in."""
        try:
            if cycle.changed:
                self.spool.add("snapshot", cycle.snapshot)
            else:
                self.spool.add("check-in", cycle.check_in)
        except SpoolFull:
            return "the spool is full, this collection is not kept"
        except OSError as error:
            return "cannot write the spool (%s), this collection is not kept" % error.strerror
        return "kept for later"


def courier(state: State) -> Courier:
    """The courier of an enrolled host; raises StateError."""
    enrolment = state.enrolment()
    ca = state.path("ca.pem") if enrolment.get("ca") else None
    server = Server(str(enrolment["url"]), ca, str(enrolment["token"]))
    return Courier(server, Spool(state.path("spool")))


def send_once(state: State, options: Options, interval: int) -> str:
    """One cycle with delivery; raises Unreachable (the collection is kept then), Refused or Stopped."""
    carrier = courier(state)
    cycle = collected(options, state.enrolment()["installation"], state.advance, interval)
    try:
        return "sequence %d %s" % (cycle.check_in["sequence"], carrier.bring(cycle))
    except Unreachable as error:
        raise Unreachable("%s; %s" % (error, carrier.keep(cycle)), error.wait) from None
