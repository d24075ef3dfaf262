"""Judging as docs/rule-format.md and docs/score.md tell it, without any memory: what ``evaluate`` must say too."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from posture.evaluation.judge import judge
from posture.evaluation.predicate import View
from posture.evaluation.ruleset import Check, Ruleset
from posture.evaluation.score import credit
from posture.evaluation.verdict import WEIGHTS, Assessment, CheckState, Evidence, Judgement, Status
from posture.facts.resource import HostFacts, Resource
from posture.facts.values import Reason

Finding = tuple[str, str, Status, Reason | None, tuple[Evidence, ...]]
Counts = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Plain:
    """``findings``: check, resource and what it says; ``counts`` of resources and ``statuses`` by check."""

    findings: frozenset[Finding]
    counts: dict[str, Counts]
    statuses: dict[str, Status]
    earned: dict[str, tuple[Fraction, int]]  # by edition, with the weight
    controls: dict[str, Counter[Status]]
    valid_until: datetime | None


def plainly(facts: HostFacts, ruleset: Ruleset, at: datetime) -> Plain:
    """One check after the other, one resource after the other."""
    findings: set[Finding] = set()
    counts: dict[str, Counts] = {}
    statuses: dict[str, Status] = {}
    moments: list[datetime] = []
    for key, check in ruleset.checks.items():
        judged = [(one, judge_one(check, one, facts, at)) for one in facts.resources if asked_of(check, one)]
        findings |= {(key, one.key, said.status, said.reason, said.evidence) for one, said in judged if said.concerns}
        moments += [said.valid_until for _, said in judged if said.valid_until is not None]
        gaps = sum(gap.kind is check.rule.subject for gap in facts.gaps)
        counts[key] = counted([said for _, said in judged], 0 if check.logic.manual else gaps)
        there = gaps or any(one.kind is check.rule.subject for one in facts.resources)
        statuses[key] = Status.MANUAL if check.logic.manual and there else status_of(counts[key])
    earned = {edition: earned_by(ruleset, edition, counts, statuses) for edition in ruleset.editions}
    controls = {edition: Counter(statuses[key] for key in keys.values()) for edition, keys in ruleset.editions.items()}
    return Plain(frozenset(findings), counts, statuses, earned, controls, min(moments, default=None))


def asked_of(check: Check, resource: Resource) -> bool:
    fits = not check.rule.purposes or resource.purpose in check.rule.purposes
    return check.logic.manual is None and check.rule.subject is resource.kind and fits


def judge_one(check: Check, resource: Resource, facts: HostFacts, at: datetime) -> Judgement:
    return judge(check.logic, View(resource.facts, facts.context.get(resource.engine, {}), at))


def counted(judged: list[Judgement], gaps: int) -> Counts:
    """Passed, failed, unknown, not applicable, unsupported."""
    seen = Counter(said.status for said in judged)
    unsupported = sum(said.reason is Reason.UNSUPPORTED_BY_KERNEL for said in judged if said.status is Status.FAIL)
    unknown = seen[Status.UNKNOWN] + gaps
    return seen[Status.PASS], seen[Status.FAIL], unknown, seen[Status.NOT_APPLICABLE], unsupported


def status_of(counts: Counts) -> Status:
    passed, failed, unknown, _away, _unsupported = counts
    if failed:
        return Status.FAIL
    if unknown:
        return Status.UNKNOWN
    return Status.PASS if passed else Status.NOT_APPLICABLE


def earned_by(
    ruleset: Ruleset, edition: str, counts: dict[str, Counts], statuses: dict[str, Status]
) -> tuple[Fraction, int]:
    """Σ weight × credit, and Σ weight."""
    earned, weight = Fraction(0), 0
    for key in set(ruleset.editions[edition].values()):
        severity = ruleset.checks[key].rule.severity
        part = credit(CheckState(key, statuses[key], None, *counts[key]), severity)
        if part is not None:
            earned += WEIGHTS[severity] * part
            weight += WEIGHTS[severity]
    return earned, weight


def as_plain(found: Assessment) -> Plain:
    """What an assessment says, in the same form."""
    findings = {(one.check, one.resource.key, one.status, one.reason, one.evidence) for one in found.verdicts}
    states = found.states
    counts = {key: (s.passed, s.failed, s.unknown, s.not_applicable, s.unsupported) for key, s in states.items()}
    return Plain(
        frozenset(findings),
        counts,
        {key: state.status for key, state in states.items()},
        {edition: (score.earned, score.weight) for edition, score in found.scores.items()},
        {edition: +Counter(score.controls) for edition, score in found.scores.items()},
        found.valid_until,
    )
