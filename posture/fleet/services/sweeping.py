"""What dead workers and brokers left behind, and what falls due."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from posture.fleet.models import Cursor

MOST = 2000  # hosts of one sweep; the next one follows shortly


def find_due_hosts(*, now: datetime) -> list[UUID]:
    """Hosts whose ledger has to advance: something arrived, or a verdict is due."""
    due = Q(pending=True) | Q(rewind_to__isnull=False) | Q(valid_until__lte=now)
    return list(Cursor.objects.filter(due).values_list("host_id", flat=True)[:MOST])
