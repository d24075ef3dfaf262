"""When an observation was made: by the agent's ages, else by its clock; in the order of the sequence, never in the
future."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TICK = timedelta(microseconds=1)
# A clock that is off by less is taken at its word: the difference may be the network's.
TOLERATED = timedelta(seconds=60)
# Clocks without a battery start far in the past.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """A moment on the server's clock; ``at`` is None where nothing but the place in the sequence tells.

    ``estimated``: the clock of the agent could not be believed.
    """

    at: datetime | None
    estimated: bool


def read_moment(text: str) -> datetime:
    """A moment of the wire. ValueError when its digits are no date ("2026-02-30T…")."""
    return datetime.fromisoformat(text)


def corrected(*, observed_at: datetime, sent_at: datetime, age: float | None, now: datetime) -> Seen:
    """The observation on the server's clock.

    ``age``: seconds from the observation to the sending, by a clock that nobody sets. Where it is known no other clock
    counts. Where it is not, the machine started anew in between: the agent's clock when it sent is compared with ours
    when it arrived, and a difference beyond ``TOLERATED`` is taken off.
    """
    if age is not None:
        at = max(EARLIEST, now - timedelta(seconds=age))
        return Seen(at, estimated=abs(at - observed_at) > TOLERATED)
    skew = sent_at - now
    trusted = abs(skew) <= TOLERATED
    try:
        at = observed_at if trusted else observed_at - skew
    except OverflowError:
        return Seen(None, estimated=True)
    if EARLIEST <= at <= now:
        return Seen(at, estimated=not trusted)
    # A little ahead of ours is no reason to doubt it.
    return Seen(now, estimated=False) if now < at <= now + TOLERATED and trusted else Seen(None, estimated=True)


def settled(seen: Seen, *, after: datetime | None, before: datetime | None, now: datetime) -> datetime:
    """The moment between its neighbours in the sequence: right after the one before, where nothing else tells."""
    if seen.at is not None:
        return between(seen.at, after=after, before=before)
    if after is not None:
        return between(after + TICK, after=after, before=before)
    return between(now, after=None, before=before)


def between(moment: datetime, *, after: datetime | None, before: datetime | None) -> datetime:
    """The moment, moved as little as it takes to lie after one neighbour and before the other."""
    if after is not None and moment <= after:
        moment = after + TICK
    if before is not None and moment >= before:
        moment = before - TICK
    return moment
