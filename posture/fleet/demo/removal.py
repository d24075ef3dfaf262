"""Takes the imaginary fleet away again, with everything that only it used. The audit log keeps that it was there."""

from django.db import connection, transaction

from posture.fleet.models import EnrolmentKey, Group, Host
from posture.fleet.services.audit import COMMAND_LINE, record_action

# Closed intervals have no cascade in the database; the rest goes with its host.
OF_HOSTS = (
    "fleet_openfinding",
    "fleet_closedfinding",
    "fleet_opencheckstate",
    "fleet_closedcheckstate",
    "fleet_openscore",
    "fleet_closedscore",
)
DEMO_HOSTS = "SELECT id FROM fleet_host WHERE is_demo"
FORGET_BODIES = """
DELETE FROM fleet_factsbody body WHERE digest = ANY(%s)
AND NOT EXISTS (SELECT 1 FROM fleet_snapshot snapshot WHERE snapshot.facts_id = body.digest)
"""


@transaction.atomic
def remove_demo() -> int:
    """Remove every demo host and group; the number of hosts."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT facts_id FROM fleet_snapshot WHERE host_id IN ({DEMO_HOSTS})")  # noqa: S608 - our own text
        digests = [row[0] for row in cursor.fetchall()]
        for table in OF_HOSTS:
            cursor.execute(f"DELETE FROM {table} WHERE host_id IN ({DEMO_HOSTS})")  # noqa: S608 - our own text
    hosts = Host.objects.filter(is_demo=True)
    count = hosts.count()
    hosts.delete()
    with connection.cursor() as cursor:
        cursor.execute(FORGET_BODIES, [digests])
    EnrolmentKey.objects.filter(group__is_demo=True).delete()
    groups = Group.objects.filter(is_demo=True, hosts=None)
    if count or groups.exists():
        record_action(actor=COMMAND_LINE, action="demo.removed", details={"hosts": count})
    groups.delete()
    return count
