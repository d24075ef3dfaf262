"""One check on one resource: the order of questions that gives a status."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from posture.evaluation.predicate import MAXIMUM_EVIDENCE, Predicate, Scope, View, compile_predicate
from posture.evaluation.rule import ParameterValue, Rule
from posture.evaluation.truth import Truth
from posture.evaluation.verdict import Evidence, Status
from posture.facts.values import Reason, Unseen


@dataclass(frozen=True, slots=True)
class Judgement:
    """A status with its reason, evidence, and until when it holds (None: until the facts change)."""

    status: Status
    reason: Reason | None = None
    evidence: tuple[Evidence, ...] = ()
    valid_until: datetime | None = None

    @property
    def concerns(self) -> bool:
        """Whether it makes a finding."""
        return self.status is Status.FAIL or self.status is Status.UNKNOWN


@dataclass(frozen=True, slots=True)
class Logic:
    """A rule with its parameters, compiled. ``manual`` is the judgement that no fact can change, if there is one."""

    manual: Judgement | None
    applies: Predicate | None
    supported: Predicate | None
    check: Predicate | None

    @property
    def timed(self) -> bool:
        """Whether an answer may change with time alone."""
        parts = (self.applies, self.supported, self.check)
        return any(part is not None and part.until is not None for part in parts)


PASS = Judgement(Status.PASS)


def compile_logic(rule: Rule, values: Mapping[str, ParameterValue]) -> Logic:
    """The rule's predicates with these values of its parameters. Raises DataError where one cannot stand."""
    scope = Scope(rule.subject, rule.parameters, values)
    return Logic(
        manual=_manual(rule, values),
        applies=compile_predicate(rule.applies.check, scope) if rule.applies else None,
        supported=compile_predicate(rule.supported.check, scope) if rule.supported else None,
        check=compile_predicate(rule.check, scope) if rule.check is not None else None,
    )


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
            return _not_applied(logic.applies, applies, view)
    if logic.check is None:
        return Judgement(Status.MANUAL, Reason.NEEDS_PERSON)
    truth = logic.check.judge(view)
    if truth is True:
        return PASS if not (explain_all or logic.timed) else _held(logic, view)
    if isinstance(truth, Unseen):
        return _judged(Status.UNKNOWN, truth.reason, logic.check, view, logic)
    if logic.supported is not None and logic.supported.judge(view) is False:
        return _judged(Status.FAIL, Reason.UNSUPPORTED_BY_KERNEL, logic.supported, view, logic)
    return _judged(Status.FAIL, None, logic.check, view, logic)


def _not_applied(applies: Predicate, truth: Truth, view: View) -> Judgement:
    if isinstance(truth, Unseen):
        return _explained(Status.UNKNOWN, truth.reason, applies, view, _first((applies,), view))
    return _explained(Status.NOT_APPLICABLE, Reason.NOT_APPLICABLE, applies, view, _first((applies,), view))


def _held(logic: Logic, view: View) -> Judgement:
    if logic.check is None:
        return PASS
    return _judged(Status.PASS, None, logic.check, view, logic)


def _judged(status: Status, reason: Reason | None, decided: Predicate, view: View, logic: Logic) -> Judgement:
    return _explained(status, reason, decided, view, _first((logic.applies, logic.supported, logic.check), view))


def _explained(
    status: Status, reason: Reason | None, decided: Predicate, view: View, valid_until: datetime | None
) -> Judgement:
    evidence = tuple(islice(decided.explain(view, False), MAXIMUM_EVIDENCE))
    return Judgement(status, reason, tuple(dict.fromkeys(evidence)), valid_until)


def _first(predicates: tuple[Predicate | None, ...], view: View) -> datetime | None:
    """The first moment at which one of them may answer otherwise."""
    moments = [
        moment
        for predicate in predicates
        if predicate is not None and predicate.until is not None
        for moment in predicate.until(view)
    ]
    return min(moments, default=None)
