"""Reads a host's open rows, and writes what a fold changed."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper

from posture.fleet.services.fold.judging import REMEMBERED
from posture.fleet.services.fold.rewind import NEVER
from posture.fleet.services.fold.state import Closed, Interval, Known, Ledger, N
from posture.fleet.services.fold.tables import FINDINGS, SCORES, STATES, Table, copy_rows

LOAD_RESOURCES = """
SELECT kind, key, name, engine, incarnation, first_seen_at, gone_at, id FROM fleet_resource
WHERE host_id = %s AND gone_at IS NULL AND first_seen_at < %s
"""
# A resource that went and came back has its row already: it keeps when it was first seen.
KEEP_RESOURCES = """
INSERT INTO fleet_resource (host_id, kind, key, name, engine, incarnation, first_seen_at, gone_at)
SELECT %s, * FROM unnest(%s, %s, %s, %s, %s, %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (host_id, key) DO UPDATE SET kind = EXCLUDED.kind, name = EXCLUDED.name, engine = EXCLUDED.engine,
    incarnation = EXCLUDED.incarnation, gone_at = EXCLUDED.gone_at,
    first_seen_at = LEAST(fleet_resource.first_seen_at, EXCLUDED.first_seen_at)
RETURNING key, id
"""


def load(host: UUID) -> Ledger:
    """What is open for a host."""
    ledger = Ledger()
    with connection.cursor() as cursor:
        cursor.execute(LOAD_RESOURCES, [host, NEVER])
        ledger.present = {row[1]: Known(*row) for row in cursor.fetchall()}
        keys = {known.row: known.key for known in ledger.present.values()}
        for row in open_rows(cursor, FINDINGS, host):
            name = (keys[row[0]], row[1])
            values = (row[2], row[3], without_blanks(row[4]))
            ledger.findings.open[name] = Interval(name, values, *row[5:])
        for row in open_rows(cursor, STATES, host):
            ledger.states.open[row[0]] = Interval(row[0], row[1:-4], *row[-4:])
        for row in open_rows(cursor, SCORES, host):
            ledger.scores.open[row[0]] = Interval(row[0], (int(row[1]), int(row[2]), *row[3:-4]), *row[-4:])
    return ledger


@lru_cache(maxsize=REMEMBERED)
def without_blanks(evidence: str) -> str:
    """Evidence as it was written: jsonb comes back with blanks. Much of it is the same from host to host."""
    return msgspec.json.encode(msgspec.json.decode(evidence)).decode()


def open_rows(cursor: CursorWrapper, table: Table[N], host: UUID) -> list[tuple[Any, ...]]:
    """Open rows as the database gives them: subject, values, ruleset, from, since, id."""
    since = "since_at" if table.has_since else "from_at"
    columns = ", ".join((*table.subject, *table.columns, "ruleset_id", "from_at", since, "id"))
    cursor.execute(f"SELECT {columns} FROM fleet_open{table.name} WHERE host_id = %s", [host])  # noqa: S608 - our names
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def store(host: UUID, ledger: Ledger) -> bool:
    """Write what differs from what was loaded; whether there was anything."""
    with connection.cursor() as cursor:
        resources = keep_resources(cursor, host, ledger)
        written = [
            store_track(cursor, host, ledger, FINDINGS, lambda name: (resources[name[0]], name[1])),
            store_track(cursor, host, ledger, STATES, lambda name: (name,)),
            store_track(cursor, host, ledger, SCORES, lambda name: (name,)),
        ]
    return any(written)


def keep_resources(cursor: CursorWrapper, host: UUID, ledger: Ledger) -> dict[str, int]:
    """Write the resources that are new or changed; gives the ids of all, by key."""
    everyone = [*ledger.present.values(), *ledger.gone.values()]
    changed = [known for known in everyone if known.changed]
    ids = {known.key: known.row for known in everyone if known.row is not None}
    if changed:
        names = ("kind", "key", "name", "engine", "incarnation", "first_seen_at", "gone_at")
        cursor.execute(KEEP_RESOURCES, [host, *([getattr(known, name) for known in changed] for name in names)])
        ids |= dict(cursor.fetchall())
    return ids


def store_track(
    cursor: CursorWrapper,
    host: UUID,
    ledger: Ledger,
    table: Table[N],
    subject: Callable[[N], tuple[object, ...]],
) -> bool:
    """Write one kind of intervals: take out the open rows that ended, append the closed and the new ones."""
    track = table.track(ledger)
    ended = [closed.interval.row for closed in track.closed if closed.interval.row is not None]
    if ended:
        cursor.execute(f"DELETE FROM fleet_open{table.name} WHERE id = ANY(%s)", [ended])  # noqa: S608 - our names

    host_text = str(host)

    def begun(interval: Interval[N]) -> Sequence[object]:
        since = (interval.since_at,) if table.has_since else ()
        return host_text, interval.ruleset, *subject(interval.name), *interval.values, interval.from_at, *since

    def finished(closed: Closed[N]) -> Sequence[object]:
        how = (closed.ended.value,) if table.has_since else ()
        return *begun(closed.interval), closed.to_at, *how

    columns = table.open_columns
    fresh = (begun(interval) for interval in track.open.values() if interval.row is None)
    count = copy_rows(cursor, f"fleet_open{table.name}", columns, fresh)
    columns = (*columns, "to_at", *(("ended",) if table.has_since else ()))
    count += copy_rows(cursor, f"fleet_closed{table.name}", columns, (finished(one) for one in track.closed))
    return bool(count or ended)
