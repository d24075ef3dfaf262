"""Judging: a function, whatever is remembered; gaps, time, manual rules, states."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from posture.evaluation import answers
from posture.evaluation.catalogue import load
from posture.evaluation.evaluate import evaluate, forget
from posture.evaluation.ruleset import build
from posture.evaluation.tests.fleet import at, host_facts
from posture.evaluation.tests.plain import as_plain, plainly
from posture.evaluation.verdict import Assessment, Status
from posture.facts.memo import Memo
from posture.facts.normalise import normalise
from posture.facts.resource import Gap, HostFacts
from posture.facts.tests.builders import container, engine, hardened, host, image, snapshot
from posture.facts.values import Reason, Unseen
from posture.facts.vocabulary import PURPOSES, Kind
from posture.facts.wire.container import Container
from posture.facts.wire.snapshot import Source

RULESET = build(load(), parameters={})
AGED = build(load(), parameters={"image-recent": {"maximum_age_days": 30}})
MOMENT = datetime(2026, 1, 10, tzinfo=UTC)
OF_ITS_IMAGE = {"container-recent-image", "container-no-sudo"}  # they judge a container by what its image says


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget()
    yield
    forget()


def judged(containers: list[Container], **more: Any) -> Assessment:
    return evaluate(normalise(snapshot(containers, **more)), RULESET, MOMENT)


@settings(max_examples=40, deadline=None)
@given(host_facts(), at)
def test_memory_changes_nothing(facts: HostFacts, moment: datetime) -> None:
    for ruleset in (RULESET, AGED):
        forget()
        cold = evaluate(facts, ruleset, moment)
        assert evaluate(facts, ruleset, moment) == cold
        everything = evaluate(facts, ruleset, moment, everything=True)
        assert everything.states == cold.states
        assert everything.scores == cold.scores
        concerning = [one for one in everything.verdicts if one.status in (Status.FAIL, Status.UNKNOWN)]
        assert {(one.check, one.resource.key) for one in concerning} == {
            (one.check, one.resource.key) for one in cold.verdicts
        }


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(host_facts(), st.lists(host_facts(), min_size=1, max_size=4), st.data())
def test_a_host_that_changes_is_judged_as_if_for_the_first_time(
    facts: HostFacts, others: list[HostFacts], data: st.DataObject
) -> None:
    """Each time one resource has the facts of another one of its kind, and time goes on or back."""
    forget()
    for other in others:
        moment = data.draw(at)
        for ruleset in (RULESET, AGED):
            assert as_plain(evaluate(facts, ruleset, moment)) == plainly(facts, ruleset, moment)
        index = data.draw(st.integers(0, len(facts.resources) - 1))
        facts = with_facts_of(facts, index, other)


def with_facts_of(facts: HostFacts, index: int, other: HostFacts) -> HostFacts:
    """The host with one resource that has the facts of one of its kind on another host, if there is one."""
    old = facts.resources[index]
    new = next((one for one in other.resources if one.kind is old.kind), old)
    changed = replace(old, facts=new.facts, digest=new.digest)
    return replace(facts, resources=(*facts.resources[:index], changed, *facts.resources[index + 1 :]))


@settings(max_examples=40, deadline=None)
@given(host_facts(), at)
def test_states_count_the_verdicts(facts: HostFacts, moment: datetime) -> None:
    found = evaluate(facts, RULESET, moment, everything=True)
    assert set(found.states) == set(RULESET.checks)
    for key, state in found.states.items():
        statuses = [one.status for one in found.verdicts if one.check == key]
        counts = (state.passed, state.failed, state.unknown, state.not_applicable)
        wanted = (Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE)
        assert counts == tuple(statuses.count(status) for status in wanted)


def test_nothing_seen_is_unknown_and_manual_stays_manual() -> None:
    files = [{"Purpose": purpose, "Path": f"/{purpose}"} for purpose in sorted(PURPOSES)]
    swarm = {"Swarm": {"LocalNodeState": "active"}}
    facts = normalise(snapshot([container("web")], host=host(Files=files), Info=swarm))
    blind = HostFacts(
        tuple(replace(one, facts={}, digest=f"blind {one.kind.value} {one.purpose}") for one in facts.resources),
        (),
        {},
        {},
    )
    for key, state in evaluate(blind, RULESET, MOMENT).states.items():
        manual = RULESET.checks[key].logic.manual
        assert state.status is (Status.UNKNOWN if manual is None else Status.MANUAL), key


def test_manual_depends_on_no_fact_but_that_there_is_something_to_look_at() -> None:
    nothing = evaluate(HostFacts((), (), {}, {}), RULESET, MOMENT)
    unread = evaluate(
        HostFacts((), tuple(Gap("docker", kind, Reason.TIMED_OUT) for kind in Kind), {}, {}), RULESET, MOMENT
    )
    full = judged([container("web")])
    for key, check in RULESET.checks.items():
        assert nothing.states[key].status is Status.NOT_APPLICABLE
        assert nothing.states[key].reason is Reason.NO_RESOURCE
        if check.logic.manual is not None:
            asked = Status.NOT_APPLICABLE if check.rule.subject is Kind.SWARM else Status.MANUAL
            assert full.states[key].status is asked
            assert unread.states[key].status is Status.MANUAL


def test_a_gap_adds_one_unknown() -> None:
    one = judged([hardened("web")])
    source = Source(Name="docker.images", Status="failed", Reason="timed_out")
    from_msgspec = engine([hardened("web")])
    silent = type(from_msgspec)(
        **{key: getattr(from_msgspec, key) for key in from_msgspec.__struct_fields__ if key not in ("Images",)}
    )
    two = judged([], engines=[silent], sources=[source])
    for key, check in RULESET.checks.items():
        if check.rule.subject == "image" and check.logic.manual is None:
            assert two.states[key].unknown == 1
            assert two.states[key].status is Status.UNKNOWN
            assert two.states[key].reason is Reason.TIMED_OUT
        elif check.rule.subject == "container" and check.rule.id not in OF_ITS_IMAGE:
            assert two.states[key].unknown == one.states[key].unknown


def test_an_ordinary_container_and_a_hardened_one() -> None:
    found = judged([container("plain"), hardened("good")])
    failing = {one.check for one in found.verdicts if one.resource.name == "good"}
    of_the_daemon = {"container-no-host-userns", "container-own-userns"}
    beyond = {"container-image-pinned", "container-own-apparmor-profile"}  # a digest and a profile that somebody makes
    assert failing == of_the_daemon | beyond
    plain = {one.check for one in found.verdicts if one.resource.name == "plain"}
    assert {"container-memory-limit", "container-pids-limit", "container-user-not-root"} <= plain
    assert found.states["container-memory-limit"].failed == found.states["container-memory-limit"].passed == 1


def test_an_unsupported_protection_fails_once_and_says_why() -> None:
    found = judged([container("web")], Info={"MemoryLimit": False})
    state = found.states["container-memory-limit"]
    assert (state.status, state.reason) == (Status.FAIL, Reason.UNSUPPORTED_BY_KERNEL)
    assert (state.failed, state.unsupported) == (1, 1)
    verdict = next(one for one in found.verdicts if one.check == "container-memory-limit")
    assert [part.fact for part in verdict.evidence] == ["engine.MemoryLimit"]


def test_verdicts_that_age_say_until_when_they_hold() -> None:
    untold = host(KernelBuilt=UNSET, OsId=UNSET)  # nothing but the image ages
    facts = normalise(snapshot([], [image(Created="2025-12-20T00:00:00Z", Scan=None, Release=UNSET)], host=untold))
    young = evaluate(facts, AGED, MOMENT)
    assert young.valid_until == datetime(2026, 1, 19, tzinfo=UTC)
    assert young.states["image-recent"].status is Status.PASS
    old = evaluate(facts, AGED, young.valid_until)
    assert old.states["image-recent"].status is Status.FAIL
    assert old.valid_until is None
    just_before = evaluate(facts, AGED, young.valid_until - timedelta(seconds=1))
    assert just_before.states["image-recent"].status is Status.PASS


def test_evidence_of_a_pass_comes_only_when_asked() -> None:
    facts = normalise(snapshot([hardened("web")]))
    passing = [one for one in evaluate(facts, RULESET, MOMENT, everything=True).verdicts if one.status is Status.PASS]
    assert passing
    assert all(one.evidence for one in passing)
    assert all(one.status in (Status.FAIL, Status.UNKNOWN) for one in evaluate(facts, RULESET, MOMENT).verdicts)


def test_the_memory_of_answers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MOST", 50)
    whole = [as_plain(judged([container("web", HostConfig={"Memory": size})])) for size in range(8)]
    assert sum(len(known) for known in answers._known.values()) <= 50
    monkeypatch.undo()
    forget()
    assert whole == [as_plain(judged([container("web", HostConfig={"Memory": size})])) for size in range(8)]


def test_hidden_facts_give_their_reason() -> None:
    found = judged([container("web", Process={"Error": "not_permitted"})])
    verdict = next(one for one in found.verdicts if one.check == "container-user-not-root")
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, Reason.NOT_PERMITTED)
    assert isinstance(verdict.resource.facts["RootProcess"], Unseen)


def test_memory_is_bounded_and_forgets_the_least_used() -> None:
    memo: Memo[int, str] = Memo(2)
    memo.put(1, "a")
    memo.put(2, "b")
    assert memo.get(1) == "a"
    memo.put(3, "c")
    assert (memo.get(1), memo.get(2), memo.get(3), len(memo)) == ("a", None, "c", 2)


Builder = Callable[..., Container]


@pytest.mark.parametrize("build_one", [container, hardened])
def test_names_do_not_matter(build_one: Builder) -> None:
    one = judged([build_one("a")])
    other = judged([build_one("b")])
    assert [(v.check, v.status, v.evidence) for v in one.verdicts if v.resource.kind == "container"] == [
        (v.check, v.status, v.evidence) for v in other.verdicts if v.resource.kind == "container"
    ]
