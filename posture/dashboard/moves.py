"""When a fleet's score moved most: each such day, or week of a long trend, leads to the changes that add up to it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from posture.fleet.queries.trend import Point

MOST = 4
LEAST = 0.5  # points
LONG = timedelta(days=90)  # from here on by weeks


@dataclass(frozen=True, slots=True)
class Move:
    """How the score moved (points) in the ``days`` before ``to_at``; ``at`` is its largest step."""

    at: datetime
    to_at: datetime
    days: int
    change: float


def largest_moves(points: Sequence[Point], *, from_at: datetime, to_at: datetime) -> list[Move]:
    """At most ``MOST`` moves of an evenly sampled trend, in order of time; none where nothing was judged."""
    days = 7 if to_at - from_at > LONG else 1
    found = [move for move in moves_of(points, to_at, days) if abs(move.change) >= LEAST]
    largest = sorted(found, key=lambda move: abs(move.change), reverse=True)[:MOST]
    return sorted(largest, key=lambda move: move.at)


def moves_of(points: Sequence[Point], to_at: datetime, days: int) -> Iterator[Move]:
    """The moves of one period after the other, backwards; each begins and ends with a sample.

    A sample stands in the middle of the time it speaks for, so a period ends half a step after its last one.
    """
    if len(points) < 3:
        return
    half = (points[-1].at - points[1].at) / (len(points) - 2) / 2
    last = len(points) - 1
    while last > 0:
        first = min(bisect_left(points, points[last].at - timedelta(days=days), key=lambda point: point.at), last - 1)
        before, after = points[first].score, points[last].score
        if before is not None and after is not None:
            steps = pairwise(points[first : last + 1])
            at = max(steps, key=lambda step: abs((step[1].score or 0.0) - (step[0].score or 0.0)))[1].at
            yield Move(at, min(points[last].at + half, to_at), days, after - before)
        last = first
