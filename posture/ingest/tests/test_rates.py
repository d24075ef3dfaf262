"""Who may ask for how much, end to end: by whom it is counted, and what it costs nobody else."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.conf import settings as project
from django.http import HttpResponse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from redis import Redis

from posture.facts.tests.builders import container, snapshot, wire_moment
from posture.facts.wire.messages import Hello, Passage, Passages
from posture.fleet.models import DroppedRange, Installation, PresenceSpan, SequenceGap, Snapshot
from posture.fleet.services import credentials
from posture.fleet.services.numbers import MOST_GAPS
from posture.fleet.tests.cast import Machine, enrolment, machine, make_key
from posture.ingest import rates
from posture.ingest.tests.calls import CHECK_IN, ENROL, HELLO, PASSAGES, ROTATE, SNAPSHOTS, call, problem_of

pytestmark = pytest.mark.django_db
BURST, REFUSED = 40, 10


@pytest.fixture(autouse=True)
def _small(settings: Settings) -> None:
    """Little at once and little again, so that the end is reached and stays."""
    settings.AGENT_RATE, settings.AGENT_BURST, settings.REFUSAL_RATE = 1, BURST, REFUSED


@pytest.fixture
def alpha() -> Machine:
    """A machine whose facts are known."""
    made = machine(now=timezone.now())
    made.report([container("web")], at=timezone.now() - timedelta(seconds=30))
    return made


def words(of: Machine) -> dict[str, Any]:
    said = Hello(
        protocol=1,
        installation=str(of.agent.installation),
        message=of.next_message(),
        sent_at=wire_moment(timezone.now()),
        measurements=snapshot().measurements,
    )
    built: dict[str, Any] = msgspec.to_builtins(said)
    return built


def hello(of: Machine, **more: Any) -> HttpResponse:
    return call(HELLO, words(of), of=of, **more)


def use_up(of: Machine) -> HttpResponse:
    """Say hello until the server has enough; the answer that says so."""
    for _time in range(2 * BURST):
        answered = hello(of)
        if answered.status_code != 200:
            return answered
    raise AssertionError("nothing was bounded")


def test_an_installation_is_stopped_and_another_one_is_not(alpha: Machine) -> None:
    statuses = [hello(alpha).status_code for _time in range(BURST)]
    assert statuses == [200] * BURST
    answered = hello(alpha)
    assert answered.status_code == 429
    assert problem_of(answered)["type"].endswith("/too-many")
    assert 0 < int(answered["Retry-After"]) <= 120
    for address in (CHECK_IN, SNAPSHOTS, PASSAGES, HELLO, ROTATE):
        assert call(address, b"neither read nor opened", token=alpha.token).status_code == 429
    assert Installation.objects.get().forged == 0
    assert hello(machine("beta", now=timezone.now())).status_code == 200


def test_who_is_stopped_costs_no_statement(alpha: Machine, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    use_up(alpha)
    with django_assert_num_queries(0):
        assert call(SNAPSHOTS, b" " * 10**6, of=alpha).status_code == 429


def test_a_new_token_is_no_new_allowance(alpha: Machine, settings: Settings) -> None:
    use_up(alpha)
    rates.AGENTS.forget()  # as in another process
    assert hello(alpha).status_code == 429
    rates.AGENTS.forget()
    settings.AGENT_BURST = BURST + 20  # one call more, for the rotation
    said = {name: value for name, value in words(alpha).items() if name != "measurements"}
    told = json.loads(call(ROTATE, said, of=alpha).content)
    alpha.token, alpha.key = told["token"], told["key"]
    settings.AGENT_BURST = BURST
    rates.AGENTS.forget()
    assert hello(alpha).status_code == 429


def test_a_thief_of_the_token_alone_uses_up_nothing(
    alpha: Machine, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    hello(alpha)
    with django_assert_max_num_queries(REFUSED):
        statuses = [call(HELLO, words(alpha), token=alpha.token).status_code for _time in range(3 * BURST)]
    assert statuses[:REFUSED] == [401] * REFUSED
    assert set(statuses[REFUSED + 2 :]) == {429}
    assert hello(alpha).status_code == 200, "from the same address, too"
    assert Installation.objects.get().forged <= REFUSED + 1


@pytest.mark.parametrize("way", ["renewed", "revoked"])
def test_a_thief_of_credentials_that_ended_uses_up_nothing(
    alpha: Machine, way: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The process knows the old key still; whether it holds is asked in the statement that takes the message."""
    hello(alpha)
    stolen = replace(alpha)
    if way == "renewed":
        said = {name: value for name, value in words(alpha).items() if name != "measurements"}
        told = json.loads(call(ROTATE, said, of=alpha).content)
        alpha.token, alpha.key = told["token"], told["key"]
        assert hello(alpha).status_code == 200
    else:
        Installation.objects.update(revoked_at=timezone.now())
    statuses = [hello(stolen).status_code for _time in range(2 * BURST)]
    assert set(statuses) == {401, 429}
    assert statuses[REFUSED + 2 :] == [429] * (2 * BURST - REFUSED - 2)
    with django_assert_num_queries(0):
        assert hello(stolen).status_code == 429
    if way == "renewed":
        assert hello(alpha).status_code == 200


def test_guessing_ends_before_the_database(alpha: Machine, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    hello(alpha)
    statuses = [call(HELLO, b"{}", token=f"pat_{number}").status_code for number in range(REFUSED + 3)]
    assert statuses[:REFUSED] == [401] * REFUSED
    assert statuses[-1] == 429
    with django_assert_num_queries(0):
        stopped = call(HELLO, b"{}", token="pat_one-more")
    assert 0 < int(stopped["Retry-After"]) <= 60
    assert hello(alpha).status_code == 200, "who is known here is not asked who it is"
    assert call(ENROL, enrolment("pek_made-up", name="gamma")).status_code == 429
    elsewhere = call(ENROL, enrolment("pek_made-up", name="gamma"), more={"X-Forwarded-For": "192.0.2.7"})
    assert elsewhere.status_code == 429, "nobody's own word about their address counts"


def test_asking_for_who_is_enrolled_ends(alpha: Machine) -> None:
    said = enrolment(make_key(), name="alpha", installation=str(alpha.agent.installation))
    statuses = [call(ENROL, said).status_code for _time in range(REFUSED + 2)]
    assert statuses == [409] * REFUSED + [429, 429]


def test_keys_that_open_are_not_counted() -> None:
    for number in range(3 * REFUSED):
        made = machine(f"host-{number}", now=timezone.now())
        credentials._known.clear()  # a process that has just begun meets a whole fleet behind one address
        assert hello(made).status_code == 200


def test_a_network_of_ipv6_is_one_caller(settings: Settings) -> None:
    settings.MIDDLEWARE = ["posture.deploy.front.FrontMiddleware", *settings.MIDDLEWARE[1:]]
    settings.BEHIND_PROXY = True

    def guess(address: str) -> int:
        return call(HELLO, b"{}", token="pat_x", more={"X-Forwarded-For": address}).status_code

    assert [guess(f"2001:db8::{number:x}") for number in range(REFUSED)] == [401] * REFUSED
    assert guess("2001:db8::ffff:1") in {401, 429}
    assert guess("2001:db8::ffff:2") == 429
    assert guess("2001:db8:0:1::1") == 401
    assert guess("no address") == 401


def test_an_unchanged_check_in_asks_valkey_once_at_most(settings: Settings, alpha: Machine) -> None:
    settings.AGENT_RATE, settings.AGENT_BURST = 30, 10_000
    valkey = Redis.from_url(project.REDIS_URL)
    before = valkey.info("stats")["total_commands_processed"]
    for _time in range(20):
        assert call(CHECK_IN, alpha.say(at=timezone.now()), of=alpha).status_code == 200
    # Two handfuls; beside them a connection's greetings, the script's first loading and this question.
    assert valkey.info("stats")["total_commands_processed"] - before < 20


def passages(of: Machine, first: int, count: int) -> Passages:
    """Single collections that leave out every other number."""
    known = of.last_digest or ""

    def one(number: int) -> Passage:
        at = wire_moment(timezone.now() - timedelta(days=1) + timedelta(seconds=number))
        return Passage(
            kind="unchanged", first=number, last=number, previous_digest=known, digest=known, link=f"{number:064x}",
            boot_id=of.boot, from_at=at, to_at=at, from_age=None, to_age=None,
        )  # fmt: skip

    return Passages(
        protocol=1,
        installation=str(of.agent.installation),
        message=of.next_message(),
        sent_at=wire_moment(timezone.now()),
        interval=300,
        passages=[one(first + 2 * place) for place in range(count)],
    )


def test_each_passage_counts_as_a_call(alpha: Machine) -> None:
    assert call(PASSAGES, passages(alpha, 3, BURST // 2), of=alpha).status_code == 200
    kept = [model.objects.count() for model in (PresenceSpan, SequenceGap, DroppedRange)]
    assert call(PASSAGES, passages(alpha, 3 + BURST, BURST), of=alpha).status_code == 429
    assert [model.objects.count() for model in (PresenceSpan, SequenceGap, DroppedRange)] == kept


def test_a_large_body_counts_as_several_calls(alpha: Machine) -> None:
    large = b"[" + b" " * (BURST * rates.PIECE) + b"]"
    assert call(SNAPSHOTS, large, of=alpha, zipped=True).status_code in {422, 429}
    assert hello(alpha).status_code == 429
    assert Snapshot.objects.count() == 1


@pytest.mark.long
def test_missing_numbers_are_bounded_for_each_installation(settings: Settings, alpha: Machine) -> None:
    settings.AGENT_BURST = 10_000
    first = 3
    for _time in range(3):
        assert call(PASSAGES, passages(alpha, first, 400), of=alpha).status_code == 200
        first += 800
    assert SequenceGap.objects.count() == MOST_GAPS
    assert SequenceGap.objects.order_by("first")[0].first == 2 + 2 * (1200 - MOST_GAPS), "the oldest are forgotten"
    # A late one splits a long gap: that makes no more either.
    late = passages(alpha, first + 1000, 1)
    assert call(PASSAGES, late, of=alpha).status_code == 200
    assert call(PASSAGES, passages(alpha, first + 500, 1), of=alpha).status_code == 200
    assert SequenceGap.objects.count() == MOST_GAPS
