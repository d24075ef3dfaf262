"""The events of a host, in the order of time: snapshots, assignments of rulesets, verdicts that fall due."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from posture.evaluation.ruleset import Ruleset
from posture.fleet.services.rulesets import read_ruleset

SNAPSHOTS = """
SELECT effective_at, id, facts_id FROM fleet_snapshot WHERE host_id = %s AND effective_at {past} %s
ORDER BY effective_at {turn}
"""
ASSIGNMENTS = "SELECT from_at, ruleset_id FROM fleet_rulesetassignment WHERE host_id = %s AND from_at <= %s ORDER BY 1"
MOST = 64  # snapshots of one transaction


@dataclass(slots=True)
class Timeline:
    """What is known to happen after a moment. ``snapshots`` and ``rulesets`` also have the last one before it."""

    snapshots: list[tuple[datetime, UUID, str]]
    rulesets: list[tuple[datetime, int, Ruleset]]
    whole: bool  # False: there are more snapshots

    def next_after(self, moment: datetime | None) -> datetime | None:
        """The moment of the next snapshot or ruleset."""
        moments = [one[0] for one in self.snapshots] + [one[0] for one in self.rulesets]
        return min((at for at in moments if moment is None or at > moment), default=None)

    def reaches(self, moment: datetime) -> bool:
        """Whether everything that happened before a moment is known here."""
        return self.whole or moment <= self.snapshots[-1][0]

    def snapshot_at(self, moment: datetime) -> tuple[UUID, str] | None:
        """The snapshot that holds at a moment: its id and the digest of its facts."""
        index = bisect_right([one[0] for one in self.snapshots], moment)
        return self.snapshots[index - 1][1:] if index else None

    def ruleset_at(self, moment: datetime) -> tuple[int, Ruleset] | None:
        """The ruleset that judges at a moment. One that this evaluator cannot read is passed over."""
        index = bisect_right([at for at, *_ in self.rulesets], moment)
        return self.rulesets[index - 1][1:] if index else None


def read_timeline(host: UUID, *, after: datetime | None, now: datetime) -> Timeline:
    """The next events of a host. Assignments of the future are left out; snapshots are never of the future."""
    with connection.cursor() as cursor:
        before: list[tuple[datetime, UUID, str]] = []
        if after is not None:
            cursor.execute(SNAPSHOTS.format(past="<=", turn="DESC LIMIT 1"), [host, after])
            before = cursor.fetchall()
        since = after or datetime.min.replace(tzinfo=now.tzinfo)
        cursor.execute(SNAPSHOTS.format(past=">", turn=f"LIMIT {MOST + 1}"), [host, since])
        snapshots = cursor.fetchall()
        cursor.execute(ASSIGNMENTS, [host, now])
        assigned = [(at, row, read_ruleset(row)) for at, row in cursor.fetchall()]
    readable = [(at, row, ruleset) for at, row, ruleset in assigned if ruleset is not None]
    return Timeline([*before, *snapshots[:MOST]], readable, whole=len(snapshots) <= MOST)
