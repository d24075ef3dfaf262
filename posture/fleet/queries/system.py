"""The ledger's size and backlog."""

from dataclasses import dataclass

from django.db import connection

from posture.fleet.models import Cursor, Snapshot


@dataclass(frozen=True, slots=True)
class LedgerSize:
    """``bytes`` of the whole database; ``pending`` hosts wait to be judged."""

    bytes: int
    snapshots: int
    pending: int


def measure_ledger() -> LedgerSize:
    """Three statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()[0]
    return LedgerSize(size, Snapshot.objects.count(), Cursor.objects.filter(pending=True).count())
