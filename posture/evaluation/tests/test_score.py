"""The score: bounds, credit, the page's worked example, and that hiding never helps."""

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.evaluation.catalogue import load
from posture.evaluation.evaluate import evaluate, forget
from posture.evaluation.ruleset import build
from posture.evaluation.score import credit, score, score_parts
from posture.evaluation.tests.fleet import at, host_facts
from posture.evaluation.verdict import WEIGHTS, Assessment, CheckState, Severity, Status
from posture.facts.normalise import normalise
from posture.facts.resource import Gap, HostFacts
from posture.facts.tests.builders import hardened, snapshot
from posture.facts.values import Reason, Unseen
from posture.facts.vocabulary import CONTEXT, FACTS, Kind

RULESET = build(load(), parameters={})
HIDDEN = Unseen(Reason.NOT_PERMITTED)
PAGE = Path(__file__).parents[3] / "docs" / "score.md"


def state(passed: int, failed: int = 0, unknown: int = 0, *, unsupported: int = 0) -> CheckState:
    status = Status.FAIL if failed else Status.UNKNOWN if unknown else Status.PASS
    if passed + failed + unknown == 0:
        status = Status.NOT_APPLICABLE
    return CheckState("x", status, None, passed, failed, unknown, 0, unsupported)


def test_credit() -> None:
    assert credit(state(3, 1), Severity.HIGH) == Fraction(3, 4)
    assert credit(state(3, 0, 1), Severity.HIGH) == Fraction(3, 4)
    assert credit(state(3, 1), Severity.CRITICAL) == 0
    assert credit(state(3, 0, 1), Severity.CRITICAL) == 0
    assert credit(state(3), Severity.CRITICAL) == 1
    assert credit(state(0), Severity.LOW) is None
    manual = CheckState("x", Status.MANUAL, Reason.NEEDS_PERSON, 0, 0, 0, 0)
    assert credit(manual, Severity.LOW) is None


def test_the_page_tells_what_the_code_does() -> None:
    """Every line of the page's table is computed again."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| example")]
    assert len(rows) == 6
    earned = weight = judged = coverable = Fraction(0)
    for row in rows:
        severity = Severity(row[1].strip())
        one = WEIGHTS[severity]
        coverable += one
        if row[2].strip() == "manual":
            continue
        passed, failed, unknown, unsupported = (int(text) for text in row[2:6])
        counted = state(passed, failed, unknown, unsupported=unsupported)
        part = credit(counted, severity)
        if part is None:
            coverable -= one
            assert row[7].strip() == "–"
            continue
        assert Fraction(row[7].strip()) == one * part
        earned += one * part
        weight += one
        judged += one * Fraction(passed + failed - unsupported, passed + failed + unknown)
    page = PAGE.read_text()
    assert f"100 × {earned} / {weight} = **{float(100 * earned / weight):.1f}**" in page
    assert f"{judged} / {coverable} = **{float(100 * judged / coverable):.0f} %**" in page


severities = st.sampled_from(Severity)
counts = st.integers(0, 6)


@given(counts, counts, counts, severities)
def test_credit_is_between_nothing_and_all(passed: int, failed: int, unknown: int, severity: Severity) -> None:
    part = credit(state(passed, failed, unknown), severity)
    if passed + failed + unknown == 0:
        assert part is None
    else:
        assert part is not None
        assert 0 <= part <= 1
        assert (part == 1) is (failed + unknown == 0)
        assert credit(state(passed, failed + 1, unknown), severity) <= part  # type: ignore[operator] # not None: it applies


def hide(facts: HostFacts, names: set[tuple[str, str]], context: set[str]) -> HostFacts:
    """The same facts with some of them Unseen. Digests change with them, as they would."""
    resources = []
    for one in facts.resources:
        hidden = {name: HIDDEN for name in one.facts if (one.key, name) in names}
        digest = f"{one.digest}-{sorted(hidden)}"
        resources.append(_replaced(one, facts={**one.facts, **hidden}, digest=digest))
    contexts = {
        key: {name: HIDDEN if name in context else value for name, value in values.items()}
        for key, values in facts.context.items()
    }
    digests = {key: f"{digest}-{sorted(context)}" for key, digest in facts.context_digest.items()}
    return HostFacts(tuple(resources), facts.gaps, contexts, digests)


def _replaced(resource: Any, **changes: Any) -> Any:
    values = {name: getattr(resource, name) for name in resource.__slots__}
    return type(resource)(**{**values, **changes})


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_hiding_any_facts_never_raises_the_score(data: st.DataObject) -> None:
    facts = data.draw(host_facts())
    everything = [(one.key, name) for one in facts.resources for name in FACTS[one.kind]]
    names = data.draw(st.sets(st.sampled_from(everything), max_size=40))
    context = data.draw(st.sets(st.sampled_from(sorted(CONTEXT))))
    moment = data.draw(at)
    before = evaluate(facts, RULESET, moment)
    after = evaluate(hide(facts, names, context), RULESET, moment)
    compare(before, after)


def test_hiding_each_single_fact_of_a_good_host_never_raises_the_score() -> None:
    """Most rules pass here, so that every fact has something to lose."""
    facts = normalise(snapshot([hardened("web"), hardened("off", running=False)], Info={"LiveRestoreEnabled": True}))
    moment = datetime(2026, 1, 10, tzinfo=UTC)
    before = evaluate(facts, RULESET, moment)
    for one in facts.resources:
        for name in one.facts:
            compare(before, evaluate(hide(facts, {(one.key, name)}, set()), RULESET, moment))
    for name in CONTEXT:
        compare(before, evaluate(hide(facts, set(), {name}), RULESET, moment))


@settings(max_examples=25, deadline=None)
@given(host_facts(), at, st.sampled_from((Kind.CONTAINER, Kind.IMAGE)))
def test_a_list_that_is_missing_never_raises_the_score(facts: HostFacts, moment: datetime, kind: Kind) -> None:
    gap = Gap("docker", kind, Reason.SOURCE_FAILED)
    with_gap = HostFacts(facts.resources, (*facts.gaps, gap), facts.context, facts.context_digest)
    compare(evaluate(facts, RULESET, moment), evaluate(with_gap, RULESET, moment))


def compare(before: Assessment, after: Assessment) -> None:
    """Neither the score nor the open criticals got better.

    Coverage may rise in one corner: without the fact that a kernel lacks a protection, its fail counts as judged.
    """
    for edition, old in before.scores.items():
        new = after.scores[edition]
        if old.value is not None:
            assert new.value is not None
            assert new.value <= old.value
        assert new.open_criticals >= old.open_criticals


@settings(max_examples=40, deadline=None)
@given(host_facts(), at)
def test_the_parts_and_the_score_make_a_hundred(facts: HostFacts, moment: datetime) -> None:
    found = evaluate(facts, RULESET, moment)
    for edition, whole in found.scores.items():
        parts = score_parts(RULESET, edition, found.states)
        assert sum(len(part.controls) for part in parts) == len(RULESET.editions[edition])
        assert sum(whole.controls.values()) == len(RULESET.editions[edition])
        if whole.value is None:
            continue
        assert 0 <= whole.value <= 100
        assert whole.earned == sum(part.weight * part.credit for part in parts)
        assert whole.weight == sum(part.weight for part in parts)
        assert 0 <= whole.coverage <= 1
        assert whole.value + sum(part.lost for part in parts) == 100
        assert all(part.lost == part.lost_to_failures + part.lost_to_unknown for part in parts)


def test_a_host_of_which_nothing_is_seen_scores_nothing() -> None:
    forget()
    nothing = HostFacts((), tuple(Gap("docker", kind, Reason.NOT_PERMITTED) for kind in Kind), {}, {})
    for edition, found in evaluate(nothing, RULESET, datetime(2026, 1, 1, tzinfo=UTC)).scores.items():
        assert found.value == 0
        assert found.judged == 0
        critical = {
            key
            for key in RULESET.editions[edition].values()
            if RULESET.checks[key].rule.severity is Severity.CRITICAL and RULESET.checks[key].logic.manual is None
        }
        assert found.open_criticals == len(critical)


@pytest.mark.parametrize("edition", sorted(RULESET.editions))
def test_a_rule_counts_once(edition: str) -> None:
    states = {key: CheckState(key, Status.PASS, None, 1, 0, 0, 0) for key in RULESET.checks}
    found = score(RULESET, edition, states)
    assert found.value == 100
    weights = (WEIGHTS[RULESET.checks[key].rule.severity] for key in set(RULESET.editions[edition].values()))
    assert found.weight == sum(weights)
