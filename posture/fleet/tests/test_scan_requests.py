""" "Scan now": asked once, told once, done with the collection after."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from posture.fleet.models import AuditEntry, Host
from posture.fleet.services.check_in import check_in
from posture.fleet.services.scan_requests import answer_wishes, ask_scan, finish_scan, is_pending
from posture.fleet.services.schedules import Wish, set_schedule
from posture.fleet.tests.cast import machine, minute
from posture.fleet.tests.factories import make_host

pytestmark = pytest.mark.django_db


def ask(host: Host) -> bool:
    return ask_scan(host=host.pk, now=timezone.now(), actor="olive", address=None)


def test_a_wish_is_told_in_one_answer_and_done_with_the_next_collection() -> None:
    host, now = make_host("one"), timezone.now()
    assert answer_wishes(host=host.pk, sequence=6, now=now) is False
    assert ask(host) is True
    assert ask(host) is False, "one is enough"
    assert [answer_wishes(host=host.pk, sequence=7, now=now) for _again in range(2)] == [True, True]
    assert answer_wishes(host=host.pk, sequence=5, now=now) is False, "late: collected before the wish was told"
    host.refresh_from_db()
    assert is_pending(host=host)
    assert answer_wishes(host=host.pk, sequence=8, now=now + timedelta(seconds=9)) is False
    host.refresh_from_db()
    assert (is_pending(host=host), host.scan_done_at) == (False, now + timedelta(seconds=9))
    assert answer_wishes(host=host.pk, sequence=9, now=now) is False
    assert ask(host) is True, "and again"
    assert [entry.action for entry in AuditEntry.objects.all()] == ["host.scan_asked"] * 2


def test_the_agent_hears_of_it_and_the_usual_check_in_stays_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    alpha = machine()
    alpha.report([], at=minute(0))
    host = Host.objects.get(pk=alpha.agent.host)
    ask(host)
    assert [alpha.check_in(at=minute(at)).collect for at in (5, 5.1, 10)] == [True, False, False]
    host.refresh_from_db()
    assert host.scan_done_at == minute(5.1)
    said = alpha.say(at=minute(15))
    with django_assert_num_queries(1):
        answer = check_in(token=alpha.token, check_in=said, now=minute(15))
    assert not answer.collect
    set_schedule(group=host.group, wish=Wish(None, 50_000, None, "UTC"), now=minute(16), actor="olive", address=None)
    assert alpha.check_in(at=minute(20)).daily_bytes == 50_000


def test_a_retired_host_is_not_asked() -> None:
    host = make_host("one")
    Host.objects.update(retired_at=timezone.now())
    assert ask(host) is False
    assert not AuditEntry.objects.exists()


def test_a_visit_does_what_was_wished_before_it() -> None:
    host = make_host("one")
    ask(host)
    finish_scan(host=host.pk, now=timezone.now() - timedelta(minutes=1))
    host.refresh_from_db()
    assert is_pending(host=host)
    finish_scan(host=host.pk, now=timezone.now())
    host.refresh_from_db()
    assert not is_pending(host=host)
