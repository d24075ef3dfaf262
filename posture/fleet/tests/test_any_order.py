"""The ledger is a fold: however the snapshots of a host arrive, it ends as one undisturbed run would have left it."""

from dataclasses import dataclass

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posture.facts.tests.builders import container, engine, hardened
from posture.facts.wire.container import Container
from posture.facts.wire.snapshot import Source
from posture.fleet.models import ParameterSetting
from posture.fleet.queries.ledger_dump import ledger_dump
from posture.fleet.services.rulesets import assign_rulesets
from posture.fleet.tests.cast import Machine, machine, minute

pytestmark = pytest.mark.django_db
MONTH = 30 * 24 * 60  # minutes: far enough apart for images to grow old in between
KINDS: tuple[tuple[Container, ...], ...] = (
    (),
    (container("web"),),
    (hardened("web"),),
    (container("web", HostConfig={"Memory": 1}), container("db")),
    (container("db", running=False),),
)


@dataclass(frozen=True)
class Sight:
    """What the machine looks like once: one of KINDS, or a list that fails."""

    kind: int
    blind: bool


SIGHTS = st.lists(st.builds(Sight, st.integers(0, len(KINDS) - 1), st.booleans()), min_size=1, max_size=6)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Sight], list[int], list[bool]]:
    """Sights in the order of time; the order in which they arrive, some twice; after which the ledger advances."""
    sights = draw(SIGHTS)
    order = draw(st.permutations(range(len(sights))))
    again = draw(st.lists(st.sampled_from(order), max_size=3))
    return sights, [*order, *again], draw(st.lists(st.booleans(), min_size=9, max_size=9))


def enrolled() -> Machine:
    """A machine whose images are judged by their age, so that verdicts fall due between the snapshots."""
    ParameterSetting.objects.get_or_create(group=None, rule="image-recent", name="maximum_age_days", value=90)
    return machine()


def look(alpha: Machine, sights: list[Sight]) -> None:
    for count, sight in enumerate(sights):
        seen = engine(list(KINDS[sight.kind]))
        sources = []
        if sight.blind:
            seen = type(seen)(Key=seen.Key, Kind=seen.Kind, Endpoint=seen.Endpoint, Info=seen.Info, Images=seen.Images)
            sources = [Source(Name="docker.containers", Status="failed", Reason="timed_out")]
        alpha.look([], at=minute(1 + count * MONTH), engines=[seen], sources=sources)


def undisturbed(sights: list[Sight]) -> str:
    """The ledger after everything came when it was seen."""
    with transaction.atomic():
        alpha = enrolled()
        look(alpha, sights)
        for count, sent in enumerate(alpha.sent):
            alpha.deliver(sent)
            alpha.advance(now=minute(2 + count * MONTH))
        reassign(len(sights))
        alpha.advance(now=minute(12 * MONTH))
        text = ledger_dump()
        transaction.set_rollback(True)
    return text


def reassign(count: int) -> None:
    """Another ruleset, in the middle of the last sights."""
    ParameterSetting.objects.create(group=None, rule="daemon-unused-images", name="maximum", value=3)
    assign_rulesets(now=minute(2 + (count - 1) * MONTH + MONTH / 2))


@pytest.mark.long
@given(case=arrivals())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_arrival_gives_the_same_ledger(case: tuple[list[Sight], list[int], list[bool]]) -> None:
    sights, order, advances = case
    with transaction.atomic():
        alpha = enrolled()
        look(alpha, sights)
        reassign(len(sights))
        for index, advances_now in zip(order, advances, strict=False):
            alpha.deliver(alpha.sent[index], now=minute(11 * MONTH))
            if advances_now:
                alpha.advance(now=minute(11 * MONTH))
        alpha.advance(now=minute(12 * MONTH))
        disturbed = ledger_dump()
        transaction.set_rollback(True)
    assert disturbed == undisturbed(sights)
