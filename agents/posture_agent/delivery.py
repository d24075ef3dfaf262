"""Brings collections to the server in their order; what cannot be brought now waits in the spool."""

from __future__ import annotations

from . import budget, due
from .anchors import Anchors
from .clock import boot_clock, boot_identifier, moment
from .cycle import Cycle, collected, forget_memories
from .entry import DROPPED, SNAPSHOT, UNCHANGED
from .fitting import usable
from .journal import Journal
from .log import log
from .packing import packed
from .passages import passage_of
from .patience import chance, pause
from .post import Post
from .rotation import Credentials
from .server import Refused, ServerError, Stopped, Unreachable
from .spool import FULL, Bounds, Spool, SpoolFull
from .state import State
from .transport import Transport
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .collection import Options
    from .entry import Entry

DONE, MORE, SPENT, STUCK = "done", "more", "spent", "stuck"  # how far a replay came
MAX_PASSAGES = 200  # in one request
PASSAGE = 600  # bytes of one, about
MAX_REPLAYED = 2 * 1024 * 1024  # bytes of snapshots sent in one go, so that a long outage does not end in a flood
BETWEEN = 10.0  # seconds at most before the next go
BROKEN = (500, 502, 503, 504)  # answers that tell nothing of whose fault it is
GIVEN_UP_AFTER = 86400.0  # seconds for which an entry failed, and others did not
GIVEN_UP_TRIES = 8
JITTER = 0.1  # share of the interval by which a cycle may come early or late, so that a fleet does not march in step
SPREAD = 900.0  # seconds over which a fleet spends its new budget


class Courier:
    """Everything that a cycle needs besides the collection. Raises StateError where the state is lost."""

    def __init__(self, state: State, transport: Transport, bounds: Bounds) -> None:
        enrolment = state.enrolment()
        try:
            state.mend()
        except OSError:
            pass  # a full disk; one copy is whole
        server = transport.server(state, str(enrolment["url"]), bool(enrolment["ca"]))
        self.state = state
        self.first_interval = int(enrolment["interval"])
        self.position = state.position()
        self.anchors = Anchors(state.path("anchors.json"))
        self.journal = Journal(state.path("delivery.json"), enrolment["installation"])
        self.spool = Spool(state.path("spool"), bounds)
        self.post = Post(server, Credentials(state, server), self.position, self.anchors, self.journal)
        self.collect_again = False  # the server wishes a fresh collection at once
        self.rotate = False  # the server wishes a new token and key
        self.wanted = False  # the server wishes the facts
        self.outcome = DONE
        self._settle()

    @property
    def interval(self) -> int:
        """Seconds between collections, as the server last wished."""
        return self.journal.interval or self.first_interval

    def advance(self, *words: Any) -> dict[str, Any]:
        """As ``Position.advance``; on a full disk what waits gives way."""
        while True:
            try:
                return self.position.advance(*words)
            except OSError as error:
                if error.errno not in FULL or not self.spool.free():
                    raise

    def bring(self, cycle: Cycle) -> str:
        """Send what waits, then this cycle; words for the log. Raises ServerError; the cycle is kept then."""
        try:
            self._secure(cycle)
            left = self.pause_left()
            if left > 0:
                kept = self._keep(cycle)
                raise LeftAlone(say("the server is left alone for %d more seconds; %s", int(left) + 1, kept))
            return self._bring(cycle)
        finally:
            self.close()

    def replay(self) -> str:
        """Send what waits, without a new collection; words for the log. Raises ServerError."""
        try:
            before = len(self.spool.entries())
            self._try(lambda: self._catch_up(None))
            return say("%d that waited sent", before - len(self.spool.entries()))
        finally:
            self.close()

    def close(self) -> None:
        """Leave everything to the next cycle, or to another process."""
        self._hear_of_damage()
        self.journal.save()
        self.post.server.close()

    def pause_left(self) -> float:
        """Seconds for which the server is to be left alone."""
        if self.journal.boot != boot_identifier():
            return 0.0
        return self.journal.not_before - boot_clock()

    def waits_for(self) -> float | None:
        """Seconds until what waits may be tried again; None where nothing waits, or where the next cycle tries."""
        if not self.spool.entries():
            return None
        if self.journal.failures:
            return max(0.0, self.pause_left())
        if self.outcome == SPENT:
            return budget.seconds_left(self.anchors.now()) + SPREAD * chance()
        return BETWEEN * chance() if self.outcome == MORE else None

    def plan(self, collect_in: float) -> None:
        """Tell ``send --due`` when there is something to do."""
        try:
            due.plan(self.state.path("schedule.json"), collect_in, self.waits_for())
        except OSError:
            return  # without it a collection is due at once

    def _settle(self) -> None:
        """A collection that was numbered and neither said nor kept before the power went is said afterwards."""
        place = self.position.read()
        settled = self.journal.settled
        if settled is not None and place["sequence"] > settled and self.spool.find(place["sequence"]) is None:
            self._add(place, UNCHANGED if place["digest"] == place["previous_digest"] else DROPPED)
        if settled != place["sequence"]:
            self.journal.settled = place["sequence"]
            self.journal.save()

    def _secure(self, cycle: Cycle) -> None:
        """Put changed facts on the disk before anything else happens to them."""
        if not cycle.changed:
            return
        body = packed(cycle.snapshot)
        try:
            self.spool.add(passage_of(cycle.place, SNAPSHOT, self.interval), body)
            cycle.snapshot = {}  # it is on the disk; a small machine needs the memory
            self.journal.settled = cycle.sequence
            self.journal.save()
        except (SpoolFull, OSError) as error:
            self._trouble("spool_full", say("these facts are not kept: %s", reason(error)))
            self._add(cycle.place, DROPPED)

    def _add(self, place: dict[str, Any], kind: str) -> str:
        """Keep a collection without its facts; words for the log."""
        try:
            self.spool.add(passage_of(place, kind, self.interval))
            return say("kept for later")
        except (SpoolFull, OSError) as error:
            words = say("not kept: %s", reason(error))
            self._trouble("spool_full", words)
            return words

    def _keep(self, cycle: Cycle) -> str:
        """Keep what could not be said; words for the log."""
        if self.spool.find(cycle.sequence) is not None:
            words = say("kept for later")
        else:
            words = self._add(cycle.place, DROPPED if cycle.changed else UNCHANGED)
        self.journal.settled = cycle.sequence
        return words

    def _bring(self, cycle: Cycle) -> str:
        before = len(self.spool.entries())
        said: list[str] = []

        def work() -> None:
            self._catch_up(cycle.sequence)
            if self.outcome == MORE:
                said.append(self._keep(cycle))
            else:
                said.append(self._say(cycle))

        try:
            self._try(work)
        except ServerError as error:
            if self.journal.settled != cycle.sequence or cycle.changed:
                raise retold(error, "%s; %s" % (error, self._keep(cycle))) from None
            raise
        except OSError:
            if self.journal.settled != cycle.sequence:
                self._keep(cycle)
            raise
        if self.rotate:
            self._rotate()
        sent = before - len(self.spool.entries()) - (said[0] == say("delivered") and cycle.changed)
        return said[0] + (say(", %d that waited sent", sent) if sent > 0 else "")

    def _try(self, work: Any) -> None:
        """Do something that needs the server; failures make pauses."""
        try:
            work()
        except (Unreachable, Stopped) as error:
            asked = error.wait if isinstance(error, Unreachable) else 0.0
            self.journal.boot = boot_identifier()
            self.journal.not_before = boot_clock() + pause(self.journal.failures, asked)
            self.journal.failures += 1
            raise
        self.journal.failures, self.journal.not_before = 0, 0.0

    def _say(self, cycle: Cycle) -> str:
        """Check in and deliver where the server wishes it; words for the log."""
        self._heed(self.post.check_in(cycle.check_in))
        self.journal.settled = cycle.sequence
        entry = self.spool.find(cycle.sequence)
        # What changed is brought even where the server did not ask: a repeated check-in may have been answered before.
        if not self.wanted and not cycle.changed:
            return say("unchanged")
        body = self.spool.body(entry) if entry is not None and entry.kind == SNAPSHOT else packed(cycle.snapshot)
        if self.outcome == SPENT or not budget.allows(self.journal, len(body), self.anchors.now()):
            self.outcome = SPENT
            self._trouble("budget_spent", say("the day's bytes are spent"))
            return say("waits, the day's bytes are spent")
        try:
            self.post.deliver(cycle.place["boot_id"], cycle.place["clock"], body)
        except Refused:
            if entry is not None:
                self.spool.refuse(entry)
            raise
        if entry is not None:
            self.spool.acknowledge(entry)
        return say("delivered")

    def _heed(self, answer: dict[str, Any]) -> None:
        """Take the wishes that an answer to a check-in holds."""
        interval, daily = answer.get("interval"), answer.get("daily_bytes")
        if isinstance(interval, int) and 10 <= interval <= 86400:
            self.journal.interval = interval
        self.journal.limits = usable(answer.get("limits"))
        self.journal.daily_bytes = daily if isinstance(daily, int) and daily > 0 else None
        self.collect_again = answer.get("collect") is True
        self.rotate = answer.get("rotate") is True
        self.wanted = answer.get("deliver") is True

    def _rotate(self) -> None:
        """Renew token and key; the server asks again where it failed."""
        self.rotate = False
        try:
            if self.post.rotate():
                log(say("token and key are new"))
        except (ServerError, OSError) as error:
            log(say("token and key could not be renewed: %s", reason(error)))

    def _catch_up(self, before: int | None) -> None:
        self.outcome = self._replay(before)

    def _replay(self, before: int | None) -> str:
        """Send what waits up to a number, oldest first; how far it came. Raises Unreachable or Stopped."""
        waiting = [entry for entry in self.spool.entries() if before is None or entry.last < before]
        carried = 0
        while waiting:
            entry = waiting[0]
            content = self.spool.read(entry)
            if content is None:
                waiting.pop(0)
                continue
            size = content["size"] if content["kind"] == SNAPSHOT else PASSAGE
            if not budget.allows(self.journal, size, self.anchors.now()):
                return SPENT
            if carried > MAX_REPLAYED:
                return MORE
            self._learn_time(content)
            batch = [(entry, content)] if content["kind"] == SNAPSHOT else self._passages(waiting)
            try:
                self._send(batch)
            except Refused as error:
                self._refused(waiting, batch, error)
                continue
            except Unreachable as error:
                if not self._fails_alone(entry, error):
                    return STUCK
                self._refused(waiting, batch[:1], error)
                continue
            carried += size
            self.spool.acknowledge(*[one for one, _ in batch])
            del waiting[: len(batch)]
        return DONE

    def _passages(self, waiting: list[Entry]) -> list[tuple[Entry, dict[str, Any]]]:
        """The passages at the head of what waits."""
        batch: list[tuple[Entry, dict[str, Any]]] = []
        for entry in waiting[:MAX_PASSAGES]:
            if batch and entry.kind == SNAPSHOT:
                break
            content = self.spool.read(entry)
            if content is None:
                waiting.remove(entry)
                break
            batch.append((entry, content))
        return batch

    def _send(self, batch: list[tuple[Entry, dict[str, Any]]]) -> None:
        entry, content = batch[0]
        if content["kind"] == SNAPSHOT:
            self.post.deliver(content["boot_id"], content["to_clock"], self.spool.body(entry))
        else:
            self.post.passages([one for _, one in batch])

    def _refused(self, waiting: list[Entry], batch: list[tuple[Entry, dict[str, Any]]], error: ServerError) -> None:
        """Put what the server will never take out of the way; of several passages find the one."""
        for entry, content in batch:
            if len(batch) > 1:
                try:
                    self.post.passages([content])
                    self.spool.acknowledge(entry)
                    waiting.remove(entry)
                    continue
                except Refused as again:
                    error = again
            log(say("number %d is set aside: %s", entry.first, error))
            self.spool.refuse(entry)
            waiting.remove(entry)
            left = self.spool.find(entry.first)
            if left is not None:  # of a snapshot a passage stays, which takes its place in the order
                waiting.insert(0, left)

    def _fails_alone(self, entry: Entry, error: Unreachable) -> bool:
        """Whether an entry failed for so long, while the server took other messages, that it is given up.

        Raises ``error`` where the server takes nothing else either.
        """
        if error.answered not in BROKEN or error.wait:
            raise error
        try:
            self.post.hello()
        except ServerError:
            self.journal.stuck = None
            raise error from None
        now = self.anchors.now()
        stuck = self.journal.stuck
        if stuck is None or stuck["first"] != entry.first:
            stuck = {"first": entry.first, "since": now, "tries": 0}
        stuck["tries"] += 1
        self.journal.stuck = stuck
        if stuck["tries"] < GIVEN_UP_TRIES or now - stuck["since"] < GIVEN_UP_AFTER:
            return False
        self.journal.stuck = None
        return True

    def _learn_time(self, content: dict[str, Any]) -> None:
        """Ask for the server's time where the age of what was collected before a boot depends on it."""
        boot = boot_identifier()
        known = content["boot_id"] == boot or self.anchors.zero(boot) is not None
        if known or self.anchors.zero(content["boot_id"]) is None:
            return
        try:
            self.post.hello()
        except Refused:
            return

    def _hear_of_damage(self) -> None:
        for name in self.spool.news:
            words = say("%s in the spool is damaged and set aside; its numbers become a gap", name)
            self._trouble("spool_damaged", words)
        del self.spool.news[:]

    def _trouble(self, kind: str, words: str) -> None:
        log(words)
        self.journal.trouble(moment(self.anchors.now()), kind, words)


class LeftAlone(Unreachable):
    """Nothing was tried: the server asked for a pause, or did not answer lately."""


def retold(error: ServerError, words: str) -> ServerError:
    """An error with more words."""
    error.args = (words,)
    return error


def reason(error: BaseException) -> str:
    """Why something failed, in few words."""
    if isinstance(error, SpoolFull):
        return say("the spool is full")
    return str(getattr(error, "strerror", None) or error)


def cycle_of(carrier: Courier, options: Options, interval: int) -> str:
    """One collection with its delivery, and another one where the server wishes it; words for the log."""
    words = one_cycle(carrier, options, interval)
    if carrier.collect_again:
        carrier.collect_again = False
        forget_memories(options)
        words += "; " + one_cycle(carrier, options, interval)
    return words


def one_cycle(carrier: Courier, options: Options, interval: int) -> str:
    """One collection with its delivery. Raises ServerError; the collection is kept then."""
    options.limits = carrier.journal.limits
    cycle = collected(options, carrier.advance, interval)
    number = say("sequence %d", cycle.sequence)
    try:
        return "%s %s" % (number, carrier.bring(cycle))
    except ServerError as error:
        raise retold(error, "%s %s" % (number, error)) from None


def send_once(
    state: State, options: Options, interval: int | None, transport: Transport, bounds: Bounds | None = None
) -> str:
    """One cycle; words for the log. Raises Unreachable or Stopped (the collection is kept then), or Refused."""
    started = boot_clock()
    carrier = Courier(state, transport, bounds or Bounds())
    try:
        return cycle_of(carrier, options, interval or carrier.interval)
    finally:
        carrier.plan(jittered(interval or carrier.interval) - (boot_clock() - started))


def deliver_once(state: State, transport: Transport, bounds: Bounds | None = None) -> str:
    """The delivery of what waits, without a new collection; words for the log. Raises as ``send_once``."""
    carrier = Courier(state, transport, bounds or Bounds())
    collect_in = due.left(state.path("schedule.json"))["collect"]
    try:
        return carrier.replay()
    finally:
        carrier.plan(collect_in)


def jittered(interval: int) -> float:
    """Seconds until the next collection."""
    return interval * (1 - JITTER + 2 * JITTER * chance())
