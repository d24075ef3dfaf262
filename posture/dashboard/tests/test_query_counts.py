"""The cost of every page, recorded: the number of its SQL statements, the same for 3 hosts and for 30.

After a change that is meant, write the file anew with ``POSTURE_RECORD_QUERY_COUNTS=1 pytest`` on this file, and read
the difference.
"""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from posture.dashboard.tests.addresses import readable_pages
from posture.fleet.models import Host
from posture.fleet.tests.factories import make_fleet

RECORD = Path(__file__).parent / "query_counts.json"


def count_queries(client: Client, host: Host) -> dict[str, int]:
    """Statements by page, now and as of three days ago."""
    past = (timezone.now() - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    counts = {}
    for name, (address, _least) in sorted(readable_pages(host).items()):
        for suffix, more in (("", ""), (" in the past", f"{'&' if '?' in address else '?'}as_of={past}")):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                client.get(f"{address}{more}")
            counts[f"{name}{suffix}"] = len(captured)
    return counts


@pytest.mark.long
def test_the_cost_of_every_page_is_recorded_and_constant_in_hosts(administrator: Client) -> None:
    hosts = make_fleet(3)
    count_queries(administrator, hosts[0])  # what is looked up once a process is no page's cost
    few = count_queries(administrator, hosts[0])
    Host.objects.exclude(name="host-000").update(name="other")
    make_fleet(27)
    many = count_queries(administrator, Host.objects.filter(name="host-000").order_by("created_at")[0])
    assert few == many
    if os.environ.get("POSTURE_RECORD_QUERY_COUNTS"):
        RECORD.write_text(json.dumps(few, indent=2) + "\n", encoding="utf-8")
    assert few == json.loads(RECORD.read_text(encoding="utf-8"))
