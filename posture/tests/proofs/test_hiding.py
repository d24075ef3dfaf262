"""What an agent did not see never makes a host look better: sampled here; ``proofs.hiding`` takes every node."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.evaluation.evaluate import evaluate
from posture.evaluation.verdict import Status
from posture.facts.resource import HostFacts, Resource
from posture.facts.vocabulary import Kind
from posture.facts.wire.snapshot import Facts
from posture.tests.proofs.hiding import fact_places, hide_fact, hide_facts, hide_nodes
from posture.tests.proofs.judged import better, normalised, ruleset, standing
from posture.tests.proofs.nodes import optional, put, without
from posture.tests.proofs.recordings import recordings

SAMPLED = settings(max_examples=12, deadline=None, derandomize=True)
names = st.sampled_from(sorted(recordings()))


@SAMPLED
@given(names, st.data())
def test_left_out_nodes_make_nothing_better(name: str, data: st.DataObject) -> None:
    facts = recordings()[name]
    paths = data.draw(st.lists(st.sampled_from(optional(facts)), min_size=1, max_size=12, unique=True))
    assert list(hide_nodes(facts, paths)) == []


@SAMPLED
@given(names, st.data())
def test_several_nodes_at_once(name: str, data: st.DataObject) -> None:
    """Also where the first of them has already made something unknown."""
    facts = recordings()[name]
    before, plain = standing(normalised(facts)), msgspec.to_builtins(facts)
    for path in data.draw(st.lists(st.sampled_from(optional(facts)), min_size=2, max_size=8, unique=True)):
        try:
            plain = without(plain, path)
        except KeyError:  # it went with a larger part
            continue
        after = standing(normalised(msgspec.convert(plain, Facts)))
        assert list(better(before, after)) == [], path
        before = after


@SAMPLED
@given(names, st.data())
def test_unseen_facts_make_nothing_better(name: str, data: st.DataObject) -> None:
    found = normalised(recordings()[name])
    places = data.draw(st.lists(st.sampled_from(fact_places(found)), min_size=1, max_size=12, unique=True))
    assert list(hide_facts(found, places)) == []


def test_what_gets_better_is_told() -> None:
    """The comparison itself: a container that gets a memory limit, and a container that no longer is root."""
    facts = recordings()["docker-20.10.24"]
    engine = facts.Engines[0]
    assert isinstance(engine.Containers, list)
    number, container = next((i, one) for i, one in enumerate(engine.Containers) if one.Name == "open")
    assert container.Name == "open"
    path = ("Engines", 0, "Containers", number, "HostConfig", "Memory")
    limited = msgspec.convert(put(msgspec.to_builtins(facts), path, 2**28), Facts)
    told = list(better(standing(normalised(facts)), standing(normalised(limited))))
    assert "container-memory-limit no longer says anything bad about docker/container/name:open" in told
    assert any(words.startswith("cis-docker-1.6.0 rose from") for words in told)


@pytest.mark.parametrize("kind", list(Kind))
def test_of_a_resource_without_facts_every_automated_rule_says_unknown(kind: Kind) -> None:
    """In every edition, of every kind and purpose."""
    places = [place for place in ruleset().places if place[0] is kind]
    assert places
    for _, purpose in places:
        one = Resource(kind, "it", "it", "docker", {}, f"nothing {kind} {purpose}", purpose=purpose)
        found = evaluate(HostFacts((one,), (), {}, {}), ruleset(), datetime(2026, 1, 1, tzinfo=UTC), everything=True)
        asked = {check.key for check in ruleset().places[kind, purpose]}
        assert {verdict.check for verdict in found.verdicts} == asked
        assert {verdict.status for verdict in found.verdicts} == {Status.UNKNOWN}


def test_every_automated_rule_is_asked_of_something() -> None:
    asked = {check.key for checks in ruleset().places.values() for check in checks}
    assert asked == {key for key, check in ruleset().checks.items() if check.logic.manual is None}


def test_hiding_changes_one_fact_only() -> None:
    found = normalised(recordings()["podman-4.3.1"])
    for place, name in fact_places(found)[:: len(found.resources)]:
        hidden = hide_fact(found, place, name)
        changed = [new for old, new in zip(found.resources, hidden.resources, strict=True) if new != old]
        assert len(changed) == (not isinstance(place, str))
