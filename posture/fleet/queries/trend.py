"""Scores over time: of one host from its own intervals, of a scope from the sum of its hosts'."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from django.db import connection

from posture.fleet.models import ClosedScore, DroppedRange, OpenScore, PresenceSpan
from posture.fleet.queries.scope import Scope, hosts_sql
from posture.fleet.services.expectations import LATE_INTERVALS, kept_at, kept_schedules, planned_within

SAMPLES = 180  # of a fleet's trend


@dataclass(frozen=True, slots=True)
class Point:
    """From ``at`` on, the score (0-100, None: nothing judged) and coverage (0-1) were these."""

    at: datetime
    score: float | None
    coverage: float
    open_criticals: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """A time of which there are no facts: nothing was heard from a host. ``planned``: nobody expected it, save for the
    time it may take to leave and to come back. ``dropped``: it reported afterwards that facts changed, and had not
    kept them."""

    from_at: datetime
    to_at: datetime
    planned: bool = False
    dropped: bool = False


def trend_host(*, host: uuid.UUID, edition: str, from_at: datetime, to_at: datetime) -> list[Point]:
    """Every score of a host between two moments, the one that held at the first included."""
    columns = ("from_at", "score", "coverage", "open_criticals")
    closed = ClosedScore.objects.filter(host=host, edition=edition, to_at__gt=from_at, from_at__lt=to_at)
    current = OpenScore.objects.filter(host=host, edition=edition, from_at__lt=to_at)
    rows = sorted([*closed.values_list(*columns), *current.values_list(*columns)], key=lambda row: row[0])
    return [Point(*row) for row in rows]


def silences_of(*, host: uuid.UUID, from_at: datetime, to_at: datetime) -> list[Silence]:
    """The times between two moments in which the host was not heard, or had not kept its facts."""
    within = {"host": host, "to_at__gte": from_at, "from_at__lt": to_at}
    spans = PresenceSpan.objects.filter(**within).values_list("from_at", "to_at")
    ranges = DroppedRange.objects.filter(**within).values_list("from_at", "to_at")
    lines = sorted([*((*one, False) for one in spans), *((*one, True) for one in ranges)])
    kept = kept_schedules(host=host)
    heard: datetime | None = None
    found: list[Silence] = []
    unknown: datetime | None = None  # since when facts are not known, while it was heard
    for start, end, dropped in [*lines, (to_at, to_at, False)]:
        if unknown is not None and heard is not None and not dropped:
            patience = (LATE_INTERVALS + 1) * kept_at(kept, heard).interval
            found.append(Silence(unknown, start if start - heard <= patience else heard, dropped=True))
            unknown = None
        if dropped and unknown is None:
            unknown = start
        if heard is not None and start - heard > (patience := (LATE_INTERVALS + 1) * kept_at(kept, heard).interval):
            missed = start - heard - planned_within(kept, heard, start)
            found.append(Silence(heard, start, planned=missed <= patience))
        heard = end if heard is None else max(heard, end)
    return found


# Each interval adds its values in the sample where it begins and takes them away where it ends, so the cost grows
# with the number of intervals, not with hosts × samples. Retirement ends a host's last interval. A host counts (zero)
# from its coming until any edition judges it, and from then on while this one does.
STEPS_SQL = """
WITH hosts AS ({hosts}),
waiting AS (
  SELECT h.entered_at, least(h.retired_at, (SELECT min(from_at) FROM fleet_closedscore s WHERE s.host_id = h.id),
    (SELECT min(from_at) FROM fleet_openscore s WHERE s.host_id = h.id)) AS until
  FROM hosts h
),
pieces AS (
  SELECT h.retired_at, s.from_at, s.to_at, s.score, s.coverage, s.open_criticals
  FROM hosts h JOIN fleet_closedscore s ON s.host_id = h.id AND s.edition = h.edition
  WHERE s.to_at > %(from)s AND s.from_at <= %(to)s
  UNION ALL
  SELECT h.retired_at, s.from_at, NULL, s.score, s.coverage, s.open_criticals
  FROM hosts h JOIN fleet_openscore s ON s.host_id = h.id AND s.edition = h.edition
  WHERE s.from_at <= %(to)s
),
steps AS (
  SELECT greatest(from_at, %(from)s) AS at, 1 AS sign, * FROM pieces
  UNION ALL
  SELECT least(to_at, retired_at), -1, * FROM pieces WHERE least(to_at, retired_at) <= %(to)s
  UNION ALL
  SELECT greatest(entered_at, %(from)s), 1, NULL, NULL, NULL, NULL, NULL, NULL FROM waiting
  WHERE entered_at <= %(to)s AND (until IS NULL OR until > entered_at)
  UNION ALL
  SELECT greatest(until, %(from)s), -1, NULL, NULL, NULL, NULL, NULL, NULL FROM waiting
  WHERE until <= %(to)s AND until > entered_at
)
SELECT ceil(extract(epoch FROM at - %(from)s) / %(step)s)::int AS place,
  coalesce(sum(sign), 0),
  coalesce(sum(sign * score), 0), coalesce(sum(sign * coverage), 0), coalesce(sum(sign * open_criticals), 0),
  coalesce(sum(sign) FILTER (WHERE from_at IS NOT NULL AND score IS NULL), 0)
FROM steps GROUP BY 1 ORDER BY 1
"""


def trend_fleet(*, scope: Scope, from_at: datetime, to_at: datetime, samples: int = SAMPLES) -> list[Point]:
    """The mean score of a scope at evenly spaced moments between two; None where there was no host. One statement."""
    step = (to_at - from_at) / samples
    inner, parameters = hosts_sql(scope=scope)
    with connection.cursor() as cursor:
        cursor.execute(
            STEPS_SQL.format(hosts=inner),
            {"from": from_at, "to": to_at, "step": step.total_seconds(), **parameters},
        )
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    changes = [[float(value) for value in rows.get(place, (0,) * 5)] for place in range(samples + 1)]
    sums = accumulate(changes, lambda left, right: [a + b for a, b in zip(left, right, strict=True)])
    # A sample stands in the middle of the time it speaks for, so that the last one is seen too.
    return [_point(max(from_at + (place - 0.5) * step, from_at), total) for place, total in enumerate(sums)]


def _point(at: datetime, total: Sequence[float]) -> Point:
    hosts, score, coverage, criticals, without = total
    counted = round(hosts) - round(without)
    if counted <= 0:
        return Point(at, None, 0.0)
    return Point(at, max(score / counted, 0.0), max(coverage / round(hosts), 0.0), round(criticals))
