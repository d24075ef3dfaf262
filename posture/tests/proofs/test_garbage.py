"""Whatever stands on the wire: refused, or judged without a failure of ours and without a pass on garbage.

Sampled here; ``proofs.garbage`` takes every value of every recording.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posture.evaluation.evaluate import evaluate
from posture.evaluation.verdict import Status
from posture.facts.normalise import normalise
from posture.facts.tests.wire import any_snapshot
from posture.facts.wire.snapshot import Snapshot
from posture.tests.proofs.garbage import ANYTHING, Trial, decoded, garbage_for
from posture.tests.proofs.judged import normalised, ruleset, standing
from posture.tests.proofs.legitimate import NAMES, is_legitimate
from posture.tests.proofs.nodes import leaves, put
from posture.tests.proofs.recordings import recordings

SAMPLED = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(sorted(recordings()))
trials = {name: Trial(facts) for name, facts in recordings().items()}


@SAMPLED
@given(names, st.data())
def test_garbage_never_passes(name: str, data: st.DataObject) -> None:
    trial = trials[name]
    path, old = data.draw(st.sampled_from([one for one in leaves(trial.plain) if garbage_for(one[1])]))
    value = data.draw(st.sampled_from(garbage_for(old)))
    assert [found for found in trial.passes(path, value) if not is_legitimate(*found)] == []


@SAMPLED
@given(names, st.data(), st.one_of(st.sampled_from(ANYTHING), JSON))
def test_any_value_at_any_place_is_refused_or_judged(name: str, data: st.DataObject, value: Any) -> None:
    plain = trials[name].plain
    path, _ = data.draw(st.sampled_from(list(leaves(plain))))
    cut = path[: data.draw(st.integers(1, len(path)))]
    facts = decoded(put(plain, cut, value))
    if facts is not None:
        states = standing(normalised(facts)).assessment.states
        assert set(states) == set(ruleset().checks)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(any_snapshot())
def test_any_snapshot_that_decodes_is_judged_by_every_edition(snapshot: Snapshot) -> None:
    found = evaluate(normalise(snapshot), ruleset(), datetime(2026, 1, 1, tzinfo=UTC), everything=True)
    assert set(found.scores) == set(ruleset().editions)
    judged = [verdict for verdict in found.verdicts if verdict.status in (Status.PASS, Status.FAIL)]
    assert all(verdict.evidence for verdict in judged)
    assert all(score.value is None or 0 <= score.value <= 100 for score in found.scores.values())


@pytest.mark.parametrize("name", sorted(recordings()))
def test_keys_that_nobody_knows_are_refused(name: str) -> None:
    plain = trials[name].plain
    assert decoded(plain) is not None
    assert decoded({**plain, "x": 1}) is None
    assert decoded(put(plain, ("Host", "x"), 1)) is None
    assert decoded(put(plain, ("Engines", 0, "Containers", 0, "HostConfig", "x"), 1)) is None


def test_a_huge_list_and_deep_nesting() -> None:
    plain = trials["docker-20.10.24"].plain
    path = ("Engines", 0, "Containers", 0, "HostConfig", "SecurityOpt")
    facts = decoded(put(plain, path, ["x" * 4096] * 4096))
    assert facts is None or standing(normalised(facts)).assessment.states
    deep = b'{"Host":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError, RecursionError)):
        msgspec.json.decode(deep, type=Snapshot)


@pytest.mark.parametrize("place", sorted({place for place, _ in NAMES}))
def test_the_list_of_names_holds_only_what_it_must(place: str) -> None:
    """Each line is of a place that some recording has, and a rule that every edition's ruleset knows."""
    patterns = {found for trial in trials.values() for found in trial.patterns()}
    assert place in patterns
    rules = {check.rule.id for check in ruleset().checks.values()}
    assert {rule for where, rule in NAMES if where == place} <= rules
