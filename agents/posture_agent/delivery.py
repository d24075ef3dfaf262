"""One cycle of the agent: collect, check in, deliver; what the server cannot take now waits in the spool."""

from __future__ import annotations

import time

from .collection import Options, collect
from .credentials import key_bytes
from .position import Position
from .server import Refused, Server, Unreachable
from .spool import Spool, SpoolFull
from .state import State
from .wire import boot_identifier, check_in, digest, moment, monotonic, sent, snapshot

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


def collected(options: Options, advance: Any, interval: int) -> Cycle:
    """Collect and make the requests. ``advance``: as ``Position.advance``."""
    observed_at, clock, boot = moment(time.time()), monotonic(), boot_identifier()
    found = collect(options)
    place = advance(digest(found.facts), observed_at, boot, clock)
    request = check_in(place, interval, found.measurements)
    return Cycle(request, snapshot(request, found.facts, found.volatile, max(0.0, monotonic() - clock)))


class Courier:
    """Brings cycles to the server in order."""

    def __init__(self, server: Server, spool: Spool, position: Position) -> None:
        self.server = server
        self.position = position
        self.spool = spool
        self.interval: int | None = None  # seconds, as the server last wished

    def bring(self, cycle: Cycle) -> str:
        """Send what waits, then this cycle; returns words for the log. Raises ServerError; see ``keep``."""
        replayed = self.replay()
        answer = self.server.check_in(self.stamped(cycle.check_in))
        if isinstance(answer.get("interval"), int) and 10 <= answer["interval"] <= 86400:
            self.interval = answer["interval"]
        words = "unchanged"
        if answer.get("deliver") is True:
            self.server.deliver(self.stamped(cycle.snapshot))
            words = "delivered"
        return words + (", %d that waited sent" % replayed if replayed else "")

    def stamped(self, body: dict[str, Any]) -> dict[str, Any]:
        """A request with what its sending adds."""
        age = monotonic() - body["monotonic"] if body["boot_id"] == boot_identifier() else None
        return dict(body, **sent(self.position.message_number(), age if age is not None and age >= 0 else None))

    def replay(self) -> int:
        """Send waiting entries, oldest first; returns how many. Raises Unreachable or Stopped at the first failure."""
        sent = 0
        for entry in self.spool.entries()[:MAX_REPLAYED]:
            try:
                body = self.stamped(self.spool.load(entry))
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
    server = Server(str(enrolment["url"]), ca, str(enrolment["token"]), key_bytes(enrolment["key"]))
    return Courier(server, Spool(state.path("spool")), state.position())


def send_once(state: State, options: Options, interval: int) -> str:
    """One cycle with delivery; raises Unreachable (the collection is kept then), Refused or Stopped."""
    carrier = courier(state)
    cycle = collected(options, carrier.position.advance, interval)
    try:
        return "sequence %d %s" % (cycle.check_in["sequence"], carrier.bring(cycle))
    except Unreachable as error:
        raise Unreachable("%s; %s" % (error, carrier.keep(cycle)), error.wait) from None
