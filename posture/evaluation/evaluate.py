"""Verdicts are a function: ``evaluate(facts, ruleset, at)``."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from posture.evaluation.judge import judge
from posture.evaluation.predicate import View
from posture.evaluation.ruleset import Check, Place, Ruleset
from posture.evaluation.score import score
from posture.evaluation.tally import Column, Row, check_state, columns, manual_state, row
from posture.evaluation.verdict import Assessment, CheckState, Verdict
from posture.facts.memo import Memo
from posture.facts.resource import HostFacts, Resource
from posture.facts.values import Value
from posture.facts.vocabulary import Kind

_MEMO_SIZE = 4096  # resources; some 8 KiB each
_memo: Memo[tuple[str, str, str, bool], Row] = Memo(_MEMO_SIZE)
_NO_CONTEXT: Mapping[str, Value] = {}


def evaluate(facts: HostFacts, ruleset: Ruleset, at: datetime, *, everything: bool = False) -> Assessment:
    """Every check on every resource of its kind.

    ``verdicts`` holds what fails or is unknown; ``everything`` adds what passes or does not apply, with evidence.
    ``valid_until``: until when all this holds while the facts stay; None when time alone changes nothing.
    """
    stable: defaultdict[Place, list[Row]] = defaultdict(list)
    timed: defaultdict[Place, list[Row]] = defaultdict(list)
    verdicts: list[Verdict] = []
    moments: list[datetime] = []
    for resource in facts.resources:
        place = (resource.kind, resource.purpose)
        rows = [_stable_row(facts, resource, ruleset, at, everything)]
        stable[place].append(rows[0])
        if place in ruleset.timed:
            rows.append(_timed_row(facts, resource, ruleset, at))
            timed[place].append(rows[1])
            moments.extend(judgement.valid_until for _, judgement in rows[1].notes if judgement.valid_until)
        verdicts.extend(_verdicts(resource, rows, everything))
    states = dict(_states(ruleset, facts, stable, timed))
    states = {key: states[key] for key in ruleset.checks}
    scores = {edition: score(ruleset, edition, states) for edition in ruleset.editions}
    return Assessment(tuple(verdicts), states, scores, min(moments, default=None))


def _stable_row(facts: HostFacts, resource: Resource, ruleset: Ruleset, at: datetime, everything: bool) -> Row:
    """The answers that no clock can change: remembered by what they depend on."""
    key = (ruleset.digest, resource.digest, facts.context_digest.get(resource.engine, ""), everything)
    found = _memo.get(key)
    if found is None:
        found = _row(ruleset.stable.get((resource.kind, resource.purpose), ()), facts, resource, at, everything)
        _memo.put(key, found)
    return found


def _timed_row(facts: HostFacts, resource: Resource, ruleset: Ruleset, at: datetime) -> Row:
    """The answers that time may change. All are noted: each says until when it holds."""
    return _row(ruleset.timed[resource.kind, resource.purpose], facts, resource, at, True)


def _row(checks: Iterable[Check], facts: HostFacts, resource: Resource, at: datetime, everything: bool) -> Row:
    view = View(resource.facts, facts.context.get(resource.engine, _NO_CONTEXT), at)
    return row(((check, judge(check.logic, view, explain_all=everything)) for check in checks), everything=everything)


def _verdicts(resource: Resource, rows: list[Row], everything: bool) -> Iterator[Verdict]:
    for index, one in enumerate(rows):
        for key, judgement in one.notes:
            if everything or index == 0 or judgement.concerns:
                yield Verdict(
                    key, resource, judgement.status, judgement.reason, judgement.evidence, judgement.valid_until
                )


def _states(
    ruleset: Ruleset, facts: HostFacts, stable: Mapping[Place, list[Row]], timed: Mapping[Place, list[Row]]
) -> Iterator[tuple[str, CheckState]]:
    answers: defaultdict[str, list[Column]] = defaultdict(list)
    for asked, found in ((ruleset.stable, stable), (ruleset.timed, timed)):
        for place, rows in found.items():
            for check, column in columns(asked.get(place, ()), rows):
                answers[check.key].append(column)
    gaps = {kind: tuple(gap.reason for gap in facts.gaps if gap.kind is kind) for kind in Kind}
    for key, check in ruleset.checks.items():
        manual = check.logic.manual
        yield key, manual_state(key, manual) if manual else check_state(key, answers[key], gaps[check.rule.subject])


def forget() -> None:
    """Empties the memory of judgements."""
    _memo.clear()
