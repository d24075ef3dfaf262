"""Check-ins: presence, silence, clones, and what an unchanged one costs."""

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from posture.facts.tests.builders import container, wire_moment
from posture.fleet.models import Host, Installation, PresenceSpan
from posture.fleet.services.check_in import check_in
from posture.fleet.services.refusals import ClonedHost, UnknownToken, WrongShape
from posture.fleet.tests.cast import Machine, machine, minute

pytestmark = pytest.mark.django_db
OTHER = "sha256:" + "f" * 64


@pytest.fixture
def alpha() -> Machine:
    """A machine whose first facts were delivered at minute 0."""
    made = machine()
    made.report([container("web")], at=minute(0))
    return made


def spans(of: Machine) -> list[tuple[float, float, int, int]]:
    """Presence in minutes and numbers."""
    rows = PresenceSpan.objects.filter(host=of.agent.host).order_by("from_at")
    return [(minutes(row.from_at), minutes(row.to_at), row.first_sequence, row.last_sequence) for row in rows]


def minutes(moment: datetime) -> float:
    return (moment - minute(0)) / timedelta(minutes=1)


def test_nothing_changed_is_one_statement(alpha: Machine, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    said = alpha.say(at=minute(5))
    with django_assert_num_queries(1):
        answer = check_in(token=alpha.token, check_in=said, now=minute(5))
    assert not answer.deliver
    assert spans(alpha) == [(0, 5, 1, 2)]
    host = Host.objects.get(pk=alpha.agent.host)
    assert (host.state, host.last_seen_at) == ("reporting", minute(5))


def test_changed_facts_are_asked_for_and_nothing_else_is_written(alpha: Machine) -> None:
    assert alpha.check_in(at=minute(5), digest=OTHER).deliver
    assert spans(alpha) == [(0, 0, 1, 1)]
    assert Installation.objects.get(pk=alpha.agent.installation).last_sequence == 1


def test_the_first_check_in_asks_for_facts() -> None:
    fresh = machine("fresh")
    fresh.last_digest = OTHER
    assert fresh.check_in(at=minute(0)).deliver
    assert Host.objects.get(pk=fresh.agent.host).state == "never_seen"


def test_a_silence_of_more_than_three_intervals_is_a_gap(alpha: Machine) -> None:
    alpha.check_in(at=minute(15))
    alpha.check_in(at=minute(30.1))
    alpha.check_in(at=minute(35.1))
    assert spans(alpha) == [(0, 15, 1, 2), (30.1, 35.1, 3, 4)]


def test_a_repeated_check_in_changes_nothing(alpha: Machine) -> None:
    said = alpha.say(at=minute(5))
    for seconds in (0, 20, 40):
        answer = check_in(token=alpha.token, check_in=said, now=minute(5) + timedelta(seconds=seconds))
        assert not answer.deliver
    assert spans(alpha) == [(0, 5, 1, 2)]


def test_the_clock_of_the_agent_is_corrected(alpha: Machine) -> None:
    yesterday = minute(5) - timedelta(days=1)
    said = alpha.say(at=minute(0), observed_at=wire_moment(yesterday), sent_at=wire_moment(yesterday))
    check_in(token=alpha.token, check_in=said, now=minute(5))
    assert spans(alpha) == [(0, 5, 1, 2)]


@pytest.mark.parametrize("age", [0.0, 0])
def test_no_observation_is_of_the_future(alpha: Machine, age: float) -> None:
    said = alpha.say(at=minute(5), observed_at=wire_moment(minute(99)), age=age)
    check_in(token=alpha.token, check_in=said, now=minute(5))
    assert spans(alpha) == [(0, 5, 1, 2)]


def test_one_number_with_two_digests_is_a_clone(alpha: Machine) -> None:
    alpha.check_in(at=minute(5))
    with pytest.raises(ClonedHost):
        alpha.check_in(at=minute(6), sequence=2, digest=OTHER)
    assert Installation.objects.get(pk=alpha.agent.installation).quarantined_at == minute(6)


def test_a_previous_digest_that_was_never_sent_is_a_clone(alpha: Machine) -> None:
    with pytest.raises(ClonedHost):
        alpha.check_in(at=minute(5), previous_digest=OTHER)


def test_a_boot_that_comes_back_is_a_clone(alpha: Machine) -> None:
    first, second = alpha.boot, "11111111-1111-1111-1111-111111111111"
    alpha.boot = second
    assert not alpha.check_in(at=minute(5)).deliver
    alpha.boot, tied = first, alpha.last_link
    with pytest.raises(ClonedHost):
        alpha.check_in(at=minute(10))
    alpha.boot, alpha.sequence, alpha.last_link = second, alpha.sequence - 1, tied
    assert not alpha.check_in(at=minute(11)).deliver, "the machine that was there goes on"


def test_a_restart_of_the_host_is_no_clone(alpha: Machine) -> None:
    for count, boot in enumerate("abc", start=1):
        alpha.boot = f"{boot * 8}-1111-1111-1111-111111111111"
        assert not alpha.check_in(at=minute(5 * count)).deliver
    assert spans(alpha) == [(0, 15, 1, 4)]


def test_strangers_and_mix_ups_are_refused(alpha: Machine) -> None:
    said = alpha.say(at=minute(5))
    with pytest.raises(UnknownToken):
        check_in(token="pat_made-up", check_in=said, now=minute(5))
    other = machine("other")
    with pytest.raises(WrongShape, match="another installation") as caught:
        check_in(token=other.token, check_in=said, now=minute(5))
    assert caught.value.field == "installation"


def test_a_retired_host_is_not_heard(alpha: Machine) -> None:
    Host.objects.filter(pk=alpha.agent.host).update(retired_at=minute(1), state="retired")
    with pytest.raises(UnknownToken):
        alpha.check_in(at=minute(5))


def test_dates_that_do_not_exist_are_refused(alpha: Machine) -> None:
    with pytest.raises(WrongShape):
        alpha.check_in(at=minute(5), observed_at="2026-02-30T00:00:00Z")
