"""When an observation was made: the agent's word, corrected, in the order of the sequence, never in the future."""

from datetime import UTC, datetime, timedelta

TICK = timedelta(microseconds=1)
# A clock that is off by less is taken at its word: the difference may be the network's.
TOLERATED = timedelta(seconds=60)
# Clocks without a battery start far in the past. Of such an observation we know that it was made by the time it came.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


def read_moment(text: str) -> datetime:
    """A moment of the wire. ValueError when its digits are no date ("2026-02-30T…")."""
    return datetime.fromisoformat(text)


def corrected(*, observed_at: datetime, sent_at: datetime, now: datetime) -> datetime:
    """The observation on the server's clock.

    The agent's clock when it sent is compared with ours when it arrived; a difference beyond ``TOLERATED`` is taken
    off.
    """
    skew = sent_at - now
    try:
        moment = observed_at - skew if abs(skew) > TOLERATED else observed_at
    except OverflowError:
        moment = now
    return now if moment < EARLIEST else min(moment, now)


def between(moment: datetime, *, after: datetime | None, before: datetime | None) -> datetime:
    """The moment, moved as little as it takes to lie after one neighbour and before the other."""
    if after is not None and moment <= after:
        moment = after + TICK
    if before is not None and moment >= before:
        moment = before - TICK
    return moment
