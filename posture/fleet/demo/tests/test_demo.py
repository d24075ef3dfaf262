"""The demo fleet: it comes through the real services, is marked, and goes without a trace but the audit log."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from posture.facts.tests.builders import container
from posture.fleet.demo.founding import MARK
from posture.fleet.models import (
    AuditEntry,
    ClosedScore,
    Cursor,
    Engine,
    Group,
    Host,
    HostState,
    OpenScore,
    PresenceSpan,
    Snapshot,
)
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.trend import silences_of, trend_fleet
from posture.fleet.services.states import mark_states
from posture.fleet.tests.cast import machine, minute

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TABLES = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname ~ '^fleet_'
"""
KEPT = {"fleet_auditentry", "fleet_ruleset", "fleet_rulesetcontrol", "django_migrations"}


def counts() -> dict[str, int]:
    """The rows of every table of ours; partitions count with their parent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname ~ '^fleet_'"
        )
        names = sorted(row[0] for row in cursor.fetchall())
        found = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608 - names of our own tables
            found[name] = int(cursor.fetchone()[0])
    return found


def test_a_small_fleet_lives_and_goes() -> None:
    alpha = machine("alpha")
    alpha.report([container("web")], at=minute(0))
    alpha.advance(now=minute(1))
    before = counts()
    call_command("demo", seed=3, hosts=14, days=21, workers=2, verbosity=0)
    hosts = Host.objects.filter(is_demo=True)
    assert hosts.count() == 14
    assert all(group.is_demo and group.name.startswith(MARK) for group in Group.objects.exclude(hosts=alpha.agent.host))
    check_ledger()
    call_command("demo", verbosity=0)  # a second call adds nothing
    assert Host.objects.filter(is_demo=True).count() == 14
    call_command("demo", remove=True, verbosity=0)
    after = counts()
    assert {name: after[name] for name in before if name not in KEPT} == {
        name: before[name] for name in before if name not in KEPT
    }
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"demo.created", "demo.removed"}


def check_ledger() -> None:
    """Every host was judged to the end of its story, and its history has no hole that it did not have."""
    hosts = Host.objects.filter(is_demo=True)
    assert not Cursor.objects.filter(host__in=hosts, pending=True).exists()
    assert OpenScore.objects.filter(host__in=hosts).values("host").distinct().count() == 14
    assert ClosedScore.objects.filter(host__in=hosts).exists()
    assert Snapshot.objects.filter(host__in=hosts).count() > 14
    end = max(PresenceSpan.objects.filter(host__in=hosts).values_list("to_at", flat=True))
    points = trend_fleet(scope=Scope(edition="posture"), from_at=end - timedelta(days=20), to_at=end, samples=20)
    assert all(point.score is not None for point in points[2:])
    steady = hosts.filter(group__name=f"{MARK}Production Paris").first()
    assert steady is not None
    assert silences_of(host=steady.pk, from_at=end - timedelta(days=15), to_at=end) == []
    assert mark_states(now=end + timedelta(days=3)) >= 0
    assert hosts.filter(state=HostState.REPORTING).exists()  # they stay as the story left them
    assert Engine.objects.filter(host__in=hosts).exists()
