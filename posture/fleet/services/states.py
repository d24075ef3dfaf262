"""How hosts report: late after two missed intervals, silent after a day."""

from datetime import datetime, timedelta

from django.db import connection

MISSED = 2
SILENT_AFTER = timedelta(hours=24)
# The states follow from when a host was last heard of; only what differs is written. Imaginary hosts send nothing and
# stay as the demo left them.
MARK = """
UPDATE fleet_host h SET state = found.state
FROM (
    SELECT id, CASE
        WHEN last_seen_at < %(silent)s THEN 'silent'
        WHEN last_seen_at < %(now)s - %(intervals)s * make_interval(secs => GREATEST(interval, agent_interval))
            THEN 'late'
        ELSE 'reporting' END AS state
    FROM fleet_host
    WHERE retired_at IS NULL AND first_seen_at IS NOT NULL AND last_seen_at IS NOT NULL AND NOT is_demo
) found
WHERE found.id = h.id AND found.state <> h.state
"""


def mark_states(*, now: datetime) -> int:
    """Bring the state of every host up to date; how many changed.

    Two intervals are missed when the third one after the last contact has gone by.
    """
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"now": now, "silent": now - SILENT_AFTER, "intervals": MISSED + 1})
        return int(cursor.rowcount)
