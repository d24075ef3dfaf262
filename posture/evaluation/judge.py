"""One check on one resource: the order of questions that gives a status."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from posture.evaluation.predicate import MAXIMUM_EVIDENCE, Predicate, Scope, View, compile_predicate
from posture.evaluation.rule import ParameterValue, Rule
from posture.evaluation.truth import Truth
from posture.evaluation.verdict import Judgement, Status
from posture.facts.values import Reason, Unseen
from posture.facts.vocabulary import CONTEXT, FACTS, Type


@dataclass(frozen=True, slots=True)
class Logic:
    """A rule with its parameters, compiled. ``manual`` is the judgement that no fact can change, if there is one;
    ``timed``: an answer may change with time alone. ``reads`` and ``around`` are the facts it may ask for, of the
    resource and of its context; ``records``: among them are records."""

    manual: Judgement | None
    applies: Predicate | None
    supported: Predicate | None
    check: Predicate | None
    timed: bool
    reads: tuple[str, ...]
    around: tuple[str, ...]
    records: bool


PASS = Judgement(Status.PASS)


def compile_logic(rule: Rule, values: Mapping[str, ParameterValue]) -> Logic:
    """The rule's predicates with these values of its parameters. Raises DataError where one cannot stand."""
    scope = Scope(rule.subject, rule.parameters, values)
    applies = compile_predicate(rule.applies.check, scope) if rule.applies else None
    supported = compile_predicate(rule.supported.check, scope) if rule.supported else None
    check = compile_predicate(rule.check, scope) if rule.check is not None else None
    parts = [part for part in (applies, supported, check) if part is not None]
    timed = any(part.until is not None for part in parts)
    names = frozenset[str]().union(*(part.reads for part in parts))
    reads, around = sorted(names - CONTEXT.keys()), sorted(names & CONTEXT.keys())
    records = any(FACTS[rule.subject][name].type is Type.RECORDS for name in reads)
    return Logic(_manual(rule, values), applies, supported, check, timed, tuple(reads), tuple(around), records)


def _manual(rule: Rule, values: Mapping[str, ParameterValue]) -> Judgement | None:
    if isinstance(rule.manual, str):
        given = values.get(rule.manual, rule.parameters[rule.manual].default)
        return Judgement(Status.MANUAL, Reason.NEEDS_PARAMETER) if given is None else None
    return Judgement(Status.MANUAL, Reason.NEEDS_PERSON) if rule.manual else None


def judge(logic: Logic, view: View, *, explain_all: bool = False) -> Judgement:
    """The judgement of one resource. A pass carries evidence only when ``explain_all``."""
    if logic.manual is not None:
        return logic.manual
    if logic.applies is not None:
        applies = logic.applies.judge(view)
        if applies is not True:
            return _not_applied(logic.applies, applies, view, logic)
    if logic.check is None:
        return Judgement(Status.MANUAL, Reason.NEEDS_PERSON)
    truth = logic.check.judge(view)
    if truth is True:
        return _judged(Status.PASS, None, logic.check, view, logic) if explain_all or logic.timed else PASS
    if isinstance(truth, Unseen):
        return _judged(Status.UNKNOWN, truth.reason, logic.check, view, logic)
    if logic.supported is not None and logic.supported.judge(view) is False:
        return _judged(Status.FAIL, Reason.UNSUPPORTED_BY_KERNEL, logic.supported, view, logic)
    return _judged(Status.FAIL, None, logic.check, view, logic)


def _not_applied(applies: Predicate, truth: Truth, view: View, logic: Logic) -> Judgement:
    if isinstance(truth, Unseen):
        return _judged(Status.UNKNOWN, truth.reason, applies, view, logic)
    return _judged(Status.NOT_APPLICABLE, Reason.NOT_APPLICABLE, applies, view, logic)


def _judged(status: Status, reason: Reason | None, decided: Predicate, view: View, logic: Logic) -> Judgement:
    """With the evidence of the predicate that decided, each piece once."""
    evidence = tuple(dict.fromkeys(islice(decided.explain(view, False), MAXIMUM_EVIDENCE)))
    return Judgement(status, reason, evidence, _first(logic, view) if logic.timed else None)


def _first(logic: Logic, view: View) -> datetime | None:
    """The first moment at which one of its predicates may answer otherwise."""
    moments = [
        moment
        for predicate in (logic.applies, logic.supported, logic.check)
        if predicate is not None and predicate.until is not None
        for moment in predicate.until(view)
    ]
    return min(moments, default=None)
