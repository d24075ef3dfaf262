"""Verdicts are a function: ``evaluate(facts, ruleset, at)``."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from posture.evaluation.judge import Judgement, judge
from posture.evaluation.memo import Memo
from posture.evaluation.predicate import View
from posture.evaluation.ruleset import Check, Ruleset
from posture.evaluation.score import score
from posture.evaluation.tally import Tally, check_state
from posture.evaluation.verdict import Assessment, Status, Verdict
from posture.facts.resource import HostFacts, Resource
from posture.facts.values import Value

Judged = tuple[tuple[Check, Judgement], ...]
_MEMO_SIZE = 4096  # resources; some 8 KiB each
_memo: Memo[tuple[str, str, str, bool], Judged] = Memo(_MEMO_SIZE)
_NO_CONTEXT: Mapping[str, Value] = {}


def evaluate(facts: HostFacts, ruleset: Ruleset, at: datetime, *, everything: bool = False) -> Assessment:
    """Every check on every resource of its kind.

    ``verdicts`` holds what fails or is unknown; ``everything`` adds what passes or does not apply, with evidence.
    ``valid_until``: until when all this holds while the facts stay; None when time alone changes nothing.
    """
    tallies = {key: Tally() for key in ruleset.checks}
    verdicts: list[Verdict] = []
    valid_until: datetime | None = None
    for resource in facts.resources:
        for check, judgement in judge_resource(facts, resource, ruleset, at, everything=everything):
            tallies[check.key].add(judgement)
            until = judgement.valid_until
            if until is not None and (valid_until is None or until < valid_until):
                valid_until = until
            if everything or judgement.status is Status.FAIL or judgement.status is Status.UNKNOWN:
                verdicts.append(
                    Verdict(check.key, resource, judgement.status, judgement.reason, judgement.evidence, until)
                )
    states = {key: check_state(check, tallies[key], facts.gaps) for key, check in ruleset.checks.items()}
    scores = {edition: score(ruleset, edition, states) for edition in ruleset.editions}
    return Assessment(tuple(verdicts), states, scores, valid_until)


def judge_resource(
    facts: HostFacts, resource: Resource, ruleset: Ruleset, at: datetime, *, everything: bool = False
) -> Judged:
    """The judgements of one resource. Those that no clock can change are remembered."""
    context = facts.context.get(resource.engine, _NO_CONTEXT)
    key = (ruleset.digest, resource.digest, facts.context_digest.get(resource.engine, ""), everything)
    stable = _memo.get(key)
    if stable is None:
        view = View(resource.facts, context, at)
        stable = _judged(ruleset.stable[resource.kind], view, everything)
        _memo.put(key, stable)
    timed = ruleset.timed[resource.kind]
    return stable + _judged(timed, View(resource.facts, context, at), everything) if timed else stable


def _judged(checks: Iterable[Check], view: View, everything: bool) -> Judged:
    return tuple((check, judge(check.logic, view, explain_all=everything)) for check in checks)


def forget() -> None:
    """Empties the memory of judgements."""
    _memo.clear()
