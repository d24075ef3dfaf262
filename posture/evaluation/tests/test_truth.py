"""Kleene's laws."""

from hypothesis import given
from hypothesis import strategies as st

from posture.evaluation.truth import Truth, conjunction, disjunction, negation
from posture.facts.values import Reason, Unseen

UNSEEN = Unseen(Reason.NOT_COLLECTED)
truths = st.sampled_from((True, False, UNSEEN))
RANK = {True: 2, False: 0}


def rank(truth: Truth) -> int:
    """False < Unseen < true: Kleene's order of truth."""
    return 1 if isinstance(truth, Unseen) else RANK[truth]


@given(st.lists(truths, max_size=6))
def test_conjunction_is_the_least_and_disjunction_the_greatest(parts: list[Truth]) -> None:
    assert rank(conjunction(parts)) == min([rank(part) for part in parts], default=2)
    assert rank(disjunction(parts)) == max([rank(part) for part in parts], default=0)


@given(st.lists(truths, max_size=6))
def test_de_morgan(parts: list[Truth]) -> None:
    assert negation(conjunction(parts)) == disjunction(negation(part) for part in parts)
    assert negation(disjunction(parts)) == conjunction(negation(part) for part in parts)


@given(truths)
def test_double_negation(truth: Truth) -> None:
    assert negation(negation(truth)) == truth


@given(st.lists(truths, min_size=1, max_size=6), st.data())
def test_hiding_a_part_keeps_the_answer_or_hides_it(parts: list[Truth], data: st.DataObject) -> None:
    hidden = list(parts)
    hidden[data.draw(st.integers(0, len(parts) - 1))] = UNSEEN
    for join in (conjunction, disjunction):
        assert join(hidden) in (join(parts), UNSEEN)


def test_the_first_reason_is_told() -> None:
    first, second = Unseen(Reason.NOT_PERMITTED), Unseen(Reason.TIMED_OUT)
    assert conjunction([True, first, second]) == first
    assert disjunction([False, first, second]) == first
