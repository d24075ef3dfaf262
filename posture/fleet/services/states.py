"""How hosts report: late after two missed intervals, silent after a day, and offline where that is planned."""

from datetime import datetime
from typing import Any

from django.db import connection

from posture.fleet.services.expectations import LATE_INTERVALS, SILENT_AFTER, expected_at

# The states follow from when a host was last heard of; only what differs is written. Imaginary hosts send nothing and
# stay as the demo left them. Planned hours are no time in which a host could be missed, and when they end it is given
# as long to come back as anybody is to be late.
MARK = """
UPDATE fleet_host h SET state = found.state
FROM (
    SELECT known.id, CASE
        WHEN last_seen_at >= %(now)s - patience THEN 'reporting'
        WHEN last_seen_at < COALESCE(owed_since, %(silent)s) THEN 'silent'
        WHEN away_until >= %(now)s - patience THEN 'offline'
        ELSE 'late' END AS state
    FROM (
        SELECT id, last_seen_at, schedule_id,
            %(intervals)s * make_interval(secs => GREATEST(interval, agent_interval)) AS patience
        FROM fleet_host
        WHERE retired_at IS NULL AND first_seen_at IS NOT NULL AND last_seen_at IS NOT NULL AND NOT is_demo
    ) known
    LEFT JOIN unnest(%(schedules)s::bigint[], %(owed)s::timestamptz[], %(away)s::timestamptz[])
        AS expected (schedule, owed_since, away_until) ON expected.schedule = known.schedule_id
) found
WHERE found.id = h.id AND found.state <> h.state
"""


def mark_states(*, now: datetime) -> int:
    """Bring the state of every host up to date; how many changed.

    Two intervals are missed when the third one after the last contact has gone by.
    """
    expected = expected_at(at=now)
    values: dict[str, Any] = {
        "now": now,
        "silent": now - SILENT_AFTER,
        "intervals": LATE_INTERVALS + 1,
        "schedules": [one.schedule for one in expected],
        "owed": [one.owed_since for one in expected],
        "away": [one.away_until for one in expected],
    }
    with connection.cursor() as cursor:
        cursor.execute(MARK, values)
        return int(cursor.rowcount)
