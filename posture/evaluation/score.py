"""The score of an edition on a host. docs/score.md explains it with an example that a test recomputes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from posture.evaluation.ruleset import Ruleset
from posture.evaluation.verdict import WEIGHTS, CheckState, Score, Severity, Status


@dataclass(frozen=True, slots=True)
class ScorePart:
    """What one rule of an edition brings and costs. Losses are in points of the score (0 to 100), exact.

    A rule that stands under several numbers counts once: it is one part with several ``controls``.
    """

    controls: tuple[str, ...]
    check: str
    status: Status
    severity: Severity
    weight: int  # 0 when it does not count: not applicable or manual
    credit: Fraction  # 0 to 1
    lost: Fraction
    lost_to_failures: Fraction
    lost_to_unknown: Fraction


def credit(state: CheckState, severity: Severity) -> Fraction | None:
    """p / (p + f + u); a critical rule earns nothing unless f + u = 0; None when the rule does not count."""
    total = state.passed + state.failed + state.unknown
    if state.status is Status.MANUAL or total == 0:
        return None
    if severity is Severity.CRITICAL and state.passed < total:
        return Fraction(0)
    return Fraction(state.passed, total)


def score(ruleset: Ruleset, edition: str, states: Mapping[str, CheckState]) -> Score:
    """The score of one edition from the states of its checks."""
    earned: Counter[int] = Counter()  # numerators by denominator: fractions are added once at the end
    judged: Counter[int] = Counter()
    weight = manual = open_criticals = 0
    mapping = ruleset.editions[edition]
    for key in dict.fromkeys(mapping.values()):
        state = states[key]
        severity = ruleset.checks[key].rule.severity
        one = WEIGHTS[severity]
        total = state.passed + state.failed + state.unknown
        if state.status is Status.MANUAL or total == 0:
            manual += one if state.status is Status.MANUAL else 0
            continue
        weight += one
        whole = severity is not Severity.CRITICAL or state.passed == total
        earned[total] += one * state.passed if whole else 0
        judged[total] += one * (state.passed + state.failed - state.unsupported)
        open_criticals += not whole
    controls = dict.fromkeys(Status, 0)
    for key in mapping.values():
        controls[states[key].status] += 1
    return Score(edition, _sum(earned), weight, _sum(judged), open_criticals, weight + manual, controls)


def _sum(numerators: Counter[int]) -> Fraction:
    return sum((Fraction(number, total) for total, number in numerators.items()), Fraction(0))


def score_parts(ruleset: Ruleset, edition: str, states: Mapping[str, CheckState]) -> tuple[ScorePart, ...]:
    """What costs how much, in the order of the edition. The losses and the score make exactly 100 together."""
    numbers: dict[str, list[str]] = {}
    for number, key in ruleset.editions[edition].items():
        numbers.setdefault(key, []).append(number)
    total = score(ruleset, edition, states).weight
    return tuple(
        _part(tuple(controls), states[key], ruleset.checks[key].rule.severity, total)
        for key, controls in numbers.items()
    )


def _part(controls: tuple[str, ...], state: CheckState, severity: Severity, total: int) -> ScorePart:
    part = credit(state, severity)
    if part is None:
        nothing = Fraction(0)
        return ScorePart(controls, state.check, state.status, severity, 0, nothing, nothing, nothing, nothing)
    weight = WEIGHTS[severity]
    lost = 100 * weight * (1 - part) / total
    bad = state.failed + state.unknown
    failures = lost * Fraction(state.failed, bad) if bad else Fraction(0)
    return ScorePart(controls, state.check, state.status, severity, weight, part, lost, failures, lost - failures)
