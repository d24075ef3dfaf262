"""One collection with its delivery, or the delivery of what waits: what the commands and the service do."""

from __future__ import annotations

from . import due
from .child import Uncollected
from .clock import boot_clock
from .courier import Courier, retold
from .cycle import collected, forget_memories
from .patience import chance
from .server import ServerError
from .spool import Bounds
from .state import State
from .transport import Transport
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .scope import Options

JITTER = 0.1  # share of the interval by which a cycle may come early or late, so that a fleet does not march in step


def cycle_of(carrier: Courier, options: Options, interval: int) -> str:
    """One collection with its delivery, and another one where the server wishes it; words for the log."""
    words = one_cycle(carrier, options, interval)
    if carrier.wishes.collect:
        carrier.wishes.collect = False
        forget_memories(options)
        words = say("%s; %s", words, one_cycle(carrier, options, interval))
    return words


def one_cycle(carrier: Courier, options: Options, interval: int) -> str:
    """One collection with its delivery. Raises ServerError; the collection is kept then. Raises Uncollected, of which
    the server is told."""
    options.limits = carrier.journal.limits
    carrier.keeper.interval = interval
    try:
        cycle = collected(options, carrier.advance, interval)
    except Uncollected as error:
        carrier.troubles.note("collection_failed", error.args[0])
        carrier.tell_troubles()
        raise
    try:
        return say("sequence %d %s", cycle.sequence, carrier.bring(cycle))
    except ServerError as error:
        raise retold(error, say("sequence %d: %s", cycle.sequence, error.args[0])) from None


def send_once(
    state: State, options: Options, interval: int | None, transport: Transport, bounds: Bounds | None, every: int
) -> str:
    """One cycle; words for the log. Raises Unreachable or Stopped (the collection is kept then), or Refused.

    ``every``: seconds between two calls, of which the server hears where that is more than the interval.
    """
    started = boot_clock()
    carrier = Courier(state, transport, bounds or Bounds())
    try:
        return cycle_of(carrier, options, max(every, interval or carrier.wishes.interval))
    finally:
        carrier.plan(jittered(interval or carrier.wishes.interval) - (boot_clock() - started))


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
