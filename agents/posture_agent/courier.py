"""Brings collections to the server in their order; what cannot be brought now waits in the spool."""

from __future__ import annotations

from . import budget, due
from .anchors import Anchors
from .entry import SNAPSHOT
from .journal import Journal
from .keeping import Keeper, reason
from .log import log
from .packing import packed
from .patience import chance
from .pauses import LeftAlone, Pauses
from .post import Post
from .replay import DONE, MORE, SPENT, Replay
from .rotation import Credentials
from .server import Refused, ServerError, Unreachable
from .spool import FULL, Bounds, Spool
from .state import State
from .transport import Transport
from .troubles import Troubles, kind_of
from .wishes import Wishes
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .cycle import Cycle

BETWEEN = 10.0  # seconds at most before the next go
SPREAD = 900.0  # seconds over which a fleet spends its new budget


class Courier:
    """Everything that a cycle needs besides the collection. Raises StateError where the state is lost."""

    def __init__(self, state: State, transport: Transport, bounds: Bounds) -> None:
        enrolment = state.enrolment()
        whole = state.whole()
        try:
            state.mend()
        except OSError:
            pass  # a full disk; one copy is whole
        server = transport.server(state, str(enrolment["url"]), bool(enrolment["ca"]))
        self.state = state
        self.position = state.position()
        self.anchors = Anchors(state.path("anchors.json"))
        self.journal = Journal(state.path("delivery.json"), enrolment["installation"])
        self.spool = Spool(state.path("spool"), bounds)
        self.post = Post(server, Credentials(state, server), self.position, self.anchors, self.journal)
        self.wishes = Wishes(self.journal, int(enrolment["interval"]))
        self.pauses = Pauses(self.journal)
        self.troubles = Troubles(self.journal, self.anchors)
        self.keeper = Keeper(self.spool, self.journal, self.wishes, self.troubles)
        self.replayer = Replay(self.spool, self.post, self.journal, self.troubles)
        self.outcome = DONE  # of the last replay, or SPENT where a new snapshot had to wait
        if not whole:
            self.troubles.tell("state_damaged", say("one of two copies of the agent's state was damaged or gone"))
        self.keeper.settle(self.position.read())

    def advance(self, *words: Any) -> dict[str, Any]:
        """As ``Position.advance``; on a full disk what waits gives way."""
        while True:
            try:
                return self.position.advance(*words)
            except OSError as error:
                self.troubles.tell(kind_of(error), say("the position cannot be written: %s", reason(error)))
                if error.errno not in FULL or not self.spool.free():
                    self.close()
                    raise

    def bring(self, cycle: Cycle) -> str:
        """Send what waits, then this cycle; words for the log. Raises ServerError; the cycle is kept then."""
        try:
            self._let_troubles_ride(cycle)
            self.keeper.secure(cycle)
            left = self.pauses.left()
            if left > 0:
                kept = self.keeper.keep(cycle)
                raise LeftAlone(say("the server is left alone for %d s more; %s", int(left) + 1, kept))
            return self._bring(cycle)
        finally:
            self.close()

    def replay(self) -> str:
        """Send what waits, without a new collection; words for the log. Raises ServerError."""
        try:
            self.pauses.attempt(lambda: self._catch_up(None))
            return sent_words(self.spool.taken) or say("nothing of what waited was sent")
        finally:
            self.close()

    def tell_troubles(self) -> None:
        """Let the troubles travel alone, where there is no collection to ride on. Raises Stopped."""
        try:
            if self.pauses.left() <= 0:
                self.pauses.attempt(self._say_troubles)
        except (Refused, Unreachable, OSError):
            return  # they ride on the next message
        finally:
            self.close()

    def close(self) -> None:
        """Leave everything to the next cycle, or to another process."""
        self.troubles.hear(self.spool)
        self.journal.save()
        self.post.server.close()

    def waits_for(self) -> float | None:
        """Seconds until what waits may be tried again; None where nothing waits, or where the next cycle tries."""
        if not self.spool.entries():
            return None
        if self.journal.failures:
            return max(0.0, self.pauses.left())
        if self.outcome == SPENT:
            return budget.seconds_left(self.anchors.now()) + SPREAD * chance()
        return BETWEEN * chance() if self.outcome == MORE else None

    def plan(self, collect_in: float) -> None:
        """Tell ``send --due`` when there is something to do."""
        try:
            due.plan(self.state.path("schedule.json"), collect_in, self.waits_for())
        except OSError:
            return  # without it a collection is due at once

    def _bring(self, cycle: Cycle) -> str:
        said: list[str] = []

        def work() -> None:
            self._catch_up(cycle.sequence)
            said.append(sent_words(self.spool.taken))
            said.append(self.keeper.keep(cycle) if self.outcome == MORE else self._say(cycle))

        try:
            self.pauses.attempt(work)
        except ServerError as error:
            raise retold(error, say("%s; %s", error.args[0], self.keeper.keep(cycle))) from None
        except OSError as error:
            self.troubles.note(kind_of(error), reason(error))
            if self.journal.settled != cycle.sequence:
                self.keeper.keep(cycle)
            raise
        if self.wishes.rotate:
            self._rotate()
        waited, words = said
        return say("%s, %s", words, waited) if waited else words

    def _catch_up(self, before: int | None) -> None:
        self.spool.taken = 0
        self.outcome = self.replayer.up_to(before)

    def _say(self, cycle: Cycle) -> str:
        """Check in and deliver where the server wishes it; words for the log."""
        self._let_troubles_ride(cycle)
        self.wishes.heed(self._check_in(cycle))
        self.troubles.look_at_clock()
        # What changed is brought even where the server did not ask: a repeated check-in may have been answered before.
        if not self.wishes.deliver and not cycle.changed:
            self.journal.settled = cycle.sequence
            return say("unchanged")
        # A check-in whose facts the server wants is not counted: the number waits with them.
        entry = self.spool.find(cycle.sequence)
        body = self.spool.body(entry) if entry is not None and entry.kind == SNAPSHOT else packed(cycle.snapshot)
        if self.outcome == SPENT or not budget.allows(self.journal, len(body), self.anchors.now()):
            self.outcome = SPENT
            self.troubles.tell("budget_spent", say("the day's bytes are spent"))
            return say("%s: %s", self.keeper.keep(cycle), say("the day's bytes are spent"))
        try:
            self.post.deliver(cycle.place["boot_id"], cycle.place["clock"], body)
        except Refused as error:
            self.troubles.note("set_aside", error.args[0])
            if entry is not None:
                self.spool.refuse(entry)
            raise
        self.journal.settled = cycle.sequence
        if entry is not None:
            self.spool.acknowledge(entry)
        return say("delivered")

    def _check_in(self, cycle: Cycle) -> dict[str, Any]:
        try:
            return self.post.check_in(cycle.check_in)
        except Refused:
            if not self.troubles.spare(cycle.check_in["measurements"]):
                raise
            return self.post.check_in(cycle.check_in)

    def _let_troubles_ride(self, cycle: Cycle) -> None:
        """With the check-in, and with the snapshot where it is not on the disk yet: they share their measurements."""
        self.troubles.hear(self.spool)
        self.troubles.ride_on(cycle.check_in["measurements"])

    def _say_troubles(self) -> None:
        if self.anchors.zero(self.anchors.boot) is None:
            self.post.hello()  # until then nobody knows what day it is
        measurements: dict[str, Any] = {}
        self.troubles.hear(self.spool)
        self.troubles.ride_on(measurements)
        if not measurements:
            return
        try:
            self.post.hello(measurements)
        except Refused:
            self.troubles.spare(measurements)

    def _rotate(self) -> None:
        """Renew token and key; the server asks again where it failed."""
        self.wishes.rotate = False
        try:
            if self.post.rotate():
                log(say("token and key are new"))
        except (ServerError, OSError) as error:
            log(say("token and key could not be renewed: %s", reason(error)))


def sent_words(number: int) -> str:
    """How much of what waited was sent; empty for nothing."""
    if number == 1:
        return say("one that waited sent")
    return say("%d that waited sent", number) if number else ""


def retold(error: ServerError, words: str) -> ServerError:
    """An error with more words."""
    error.args = (words,)
    return error
