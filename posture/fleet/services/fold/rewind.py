"""Takes a host's ledger back to a moment, as if nothing from then on had happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from posture.fleet.services.fold.state import N
from posture.fleet.services.fold.tables import FINDINGS, SCORES, STATES, Table

FORGET = """
DELETE FROM fleet_open{name} WHERE host_id = %(host)s AND from_at >= %(at)s;
DELETE FROM fleet_closed{name} WHERE host_id = %(host)s AND from_at >= %(at)s;
WITH again AS (DELETE FROM fleet_closed{name} WHERE host_id = %(host)s AND to_at >= %(at)s RETURNING {columns})
INSERT INTO fleet_open{name} ({columns}) SELECT {columns} FROM again;
"""
# Whether a resource was first seen or went after the moment is found out again; its row, and so its id, stays.
FORGET_RESOURCES = """
UPDATE fleet_resource SET gone_at = NULL WHERE host_id = %(host)s AND gone_at >= %(at)s;
UPDATE fleet_resource SET first_seen_at = %(never)s WHERE host_id = %(host)s AND first_seen_at >= %(at)s;
"""
NEVER = datetime.fromisoformat("9999-01-01T00:00:00Z")


def rewind(host: UUID, at: datetime) -> None:
    """Undo everything of this moment and after it: rows that began then go, rows that ended then are open again."""
    values: dict[str, Any] = {"host": host, "at": at, "never": NEVER}
    with connection.cursor() as cursor:
        cursor.execute(FORGET_RESOURCES, values)
        cursor.execute(forget(FINDINGS) + forget(STATES) + forget(SCORES), values)


def forget(table: Table[N]) -> str:
    """The statements for one kind of intervals."""
    return FORGET.replace("{name}", table.name).replace("{columns}", ", ".join(table.open_columns))


def forget_unseen(host: UUID) -> None:
    """Take away the rows of resources that the fold after a rewind did not find."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM fleet_resource WHERE host_id = %s AND first_seen_at = %s", [host, NEVER])
