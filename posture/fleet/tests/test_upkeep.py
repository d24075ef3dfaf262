"""What runs by the clock and by the command line: states, the sweep, partitions, first steps."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from posture.facts.tests.builders import container
from posture.fleet.models import Account, ClosedScore, Cursor, EnrolmentKey, Host, Role, Ruleset
from posture.fleet.services.partitions import make_partitions
from posture.fleet.services.states import mark_states
from posture.fleet.services.sweeping import find_due_hosts
from posture.fleet.tests.cast import machine, minute

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(15, "reporting"), (15.1, "late"), (24 * 60, "late"), (24 * 60 + 1, "silent")],
)
def test_hosts_become_late_and_silent(minutes: float, state: str) -> None:
    alpha = machine()
    alpha.deliver(alpha.look([], at=minute(0)), now=minute(0))
    mark_states(now=minute(minutes))
    assert Host.objects.get().state == state
    alpha.check_in(at=minute(minutes))
    assert Host.objects.get().state == "reporting"


def test_hosts_never_seen_retired_or_imaginary_keep_their_state() -> None:
    for name in ("never", "retired", "demo"):
        made = machine(name)
        if name != "never":
            made.report([], at=minute(0))
    Host.objects.filter(name="retired").update(state="retired", retired_at=minute(1))
    Host.objects.filter(name="demo").update(is_demo=True)
    assert mark_states(now=minute(10_000)) == 0


def test_an_agent_that_keeps_to_a_longer_interval_is_not_late() -> None:
    alpha = machine()
    alpha.report([], at=minute(0), interval=3600)
    assert mark_states(now=minute(170)) == 0
    assert mark_states(now=minute(190)) == 1


def test_the_sweep_finds_what_was_left_behind() -> None:
    alpha = machine()
    assert find_due_hosts(now=minute(0)) == []
    alpha.report([container("web")], at=minute(1))
    assert find_due_hosts(now=minute(2)) == [alpha.agent.host]
    alpha.advance(now=minute(2))
    assert find_due_hosts(now=minute(2)) == []
    Cursor.objects.update(valid_until=minute(60))
    assert find_due_hosts(now=minute(59)) == []
    assert find_due_hosts(now=minute(60)) == [alpha.agent.host]


def test_partitions_are_made_once_and_take_what_waited() -> None:
    alpha = machine()
    alpha.report([container("web")], at=minute(1))
    alpha.report([], at=minute(2))
    alpha.advance(now=minute(3))
    before = list(ClosedScore.objects.values_list("from_at", "to_at", "score"))
    assert before
    made = make_partitions(now=datetime(2026, 12, 15, tzinfo=UTC))
    assert "fleet_closedscore_2026_03" in made, "rows of March waited in the default partition"
    assert "fleet_closedscore_2027_03" in made
    assert make_partitions(now=datetime(2026, 12, 15, tzinfo=UTC)) == []
    assert list(ClosedScore.objects.values_list("from_at", "to_at", "score")) == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM fleet_closedscore_default")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM fleet_closedscore_2026_03")
        assert cursor.fetchone() == (len(before),)


def test_the_first_administrator_is_made_once() -> None:
    first, second = StringIO(), StringIO()
    call_command("create_first_administrator", stdout=first)
    call_command("create_first_administrator", stdout=second)
    account = Account.objects.get()
    assert (account.username, account.role) == ("admin", Role.ADMINISTRATOR)
    password = next(word for word in first.getvalue().split() if word.count("-") == 3)
    assert account.check_password(password)
    assert second.getvalue() == ""


def test_an_enrolment_key_from_the_command_line() -> None:
    said = StringIO()
    call_command("enrolment_key", "--group", "Shop", "--uses", "5", "--days", "2", stdout=said)
    key = EnrolmentKey.objects.get()
    assert (key.group.name, key.use_limit, key.expires_at - key.created_at) == ("Shop", 5, timedelta(days=2))
    assert said.getvalue().strip().startswith(key.prefix)
    with pytest.raises(CommandError, match="between 1 and"):
        call_command("enrolment_key", "--uses", "0")


def test_rulesets_are_assigned_at_the_start() -> None:
    Ruleset.objects.all().delete()  # the one that every test begins with
    call_command("assign_rulesets", stdout=StringIO())
    assert Ruleset.objects.count() == 1
    machine()
    call_command("assign_rulesets", stdout=StringIO())
    assert Ruleset.objects.count() == 1
