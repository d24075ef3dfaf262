"""How the imaginary fleet stands when its story ends; from then on its hosts send nothing and stay as they are."""

from datetime import datetime, timedelta

from django.db import connection

from agents.simulator.history import INTERVAL
from posture.fleet.models import Host, HostState
from posture.fleet.services.expectations import LATE_INTERVALS, SILENT_AFTER

PATIENCE = (LATE_INTERVALS + 1) * timedelta(seconds=INTERVAL)


def settle(*, end: datetime) -> None:
    """Mark the demo hosts late and silent as ``mark_states`` marks real ones, and let PostgreSQL count the new rows."""
    heard = Host.objects.filter(is_demo=True, retired_at=None)
    heard.filter(last_seen_at__lt=end - PATIENCE).update(state=HostState.LATE)
    heard.filter(last_seen_at__lt=end - SILENT_AFTER).update(state=HostState.SILENT)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
