"""Checks: how each stands over a scope, and on one host."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Q

from posture.fleet.models import ClosedCheckState, OpenCheckState
from posture.fleet.queries.editions import of_edition
from posture.fleet.queries.interval import begun, covering
from posture.fleet.queries.scope import Scope, hosts_sql

STATUSES = ("fail", "unknown", "manual", "pass", "not_applicable")


@dataclass(slots=True)
class CheckRow:
    """One check over a scope: resources by outcome, hosts by status.

    ``lost`` is Σ over hosts of (share of the check's credit lost to failures ÷ the host's total weight): multiplied by
    100 × the rule's weight ÷ the number of hosts it is the points that fixing it everywhere would bring. ``fixable``:
    failures and the hosts that have them. What fails for want of the kernel's support is in none of the three.
    """

    check_key: str
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    lost: float = 0.0
    fixable: int = 0
    fixable_hosts: int = 0
    hosts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))

    @property
    def status(self) -> str:
        """The status over the scope: fail, else unknown, manual, pass, else not applicable."""
        return next((status for status in STATUSES if self.hosts.get(status)), "not_applicable")


# A critical check earns all or nothing; each host's loss is a share of the weight that counts on it.
ROWS_SQL = """
WITH hosts AS ({hosts}),
there AS (
  SELECT * FROM hosts
  WHERE CASE WHEN %(at)s::timestamptz IS NULL THEN retired_at IS NULL
        ELSE entered_at <= %(at)s AND (retired_at IS NULL OR retired_at > %(at)s) END
),
scores AS (
  SELECT host_id, edition, weight FROM fleet_openscore WHERE %(at)s::timestamptz IS NULL OR from_at <= %(at)s
  UNION ALL SELECT host_id, edition, weight FROM fleet_closedscore WHERE from_at <= %(at)s AND to_at > %(at)s
),
weights AS (
  SELECT t.id AS host_id, max(s.weight) AS weight
  FROM there t JOIN scores s ON s.host_id = t.id AND s.edition = t.edition GROUP BY t.id
),
every AS (
  SELECT host_id, ruleset_id, check_key, status, reason, passed, failed, unknown FROM fleet_opencheckstate
  WHERE %(at)s::timestamptz IS NULL OR from_at <= %(at)s
  UNION ALL SELECT host_id, ruleset_id, check_key, status, reason, passed, failed, unknown FROM fleet_closedcheckstate
  WHERE from_at <= %(at)s AND to_at > %(at)s
),
mapped AS (
  SELECT DISTINCT ruleset_id, check_key FROM fleet_rulesetcontrol WHERE edition = %(edition)s
),
states AS (
  SELECT * FROM every
  WHERE %(edition)s::text IS NULL OR (ruleset_id, check_key) IN (SELECT ruleset_id, check_key FROM mapped)
)
SELECT check_key, sum(passed), sum(failed), sum(unknown),
  coalesce(sum(CASE WHEN fixable = 0 THEN 0 WHEN check_key = ANY(%(critical)s) THEN 1
                    ELSE failed::float / (passed + failed + unknown) END / nullif(weight, 0)), 0),
  sum(fixable), count(*) FILTER (WHERE fixable > 0),
  {statuses}
FROM states JOIN weights USING (host_id)
CROSS JOIN LATERAL (SELECT CASE WHEN reason = 'unsupported_by_kernel' THEN 0 ELSE failed END AS fixable) f
GROUP BY check_key
"""


def check_rows(*, scope: Scope, at: datetime | None, critical: Collection[str]) -> list[CheckRow]:
    """Every check of the scope's edition that was judged at a moment. ``critical``: keys of checks that earn all or
    nothing. One statement."""
    hosts, parameters = hosts_sql(scope=scope)
    statuses = ", ".join(f"count(*) FILTER (WHERE status = '{status}')" for status in STATUSES)
    with connection.cursor() as cursor:
        cursor.execute(
            ROWS_SQL.format(hosts=hosts, statuses=statuses), {**parameters, "at": at, "critical": list(critical)}
        )
        rows = cursor.fetchall()
    return [
        CheckRow(key, passed, failed, unknown, lost, fixable, fixable_hosts, dict(zip(STATUSES, counts, strict=True)))
        for key, passed, failed, unknown, lost, fixable, fixable_hosts, *counts in rows
    ]


@dataclass(frozen=True, slots=True)
class HostCheck:
    """One check on one host."""

    check_key: str
    status: str
    reason: str
    passed: int
    failed: int
    unknown: int
    not_applicable: int
    from_at: datetime


def host_checks(*, host: uuid.UUID, at: datetime | None, edition: str | None = None) -> list[HostCheck]:
    """The state of every check of one host in an edition (None: in all) at a moment. One statement now, two in the
    past."""
    here = of_edition(edition=edition) & Q(host=host)
    columns = ("check_key", "status", "reason", "passed", "failed", "unknown", "not_applicable", "from_at")
    rows = list(OpenCheckState.objects.filter(begun(at=at), here).values_list(*columns))
    if at is not None:
        rows += ClosedCheckState.objects.filter(covering(at=at), here).values_list(*columns)
    return [HostCheck(*row) for row in rows]
