"""What each check costs a host's score: lost to failures, or lost because nobody could read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from posture.dashboard.rulebook import CheckWords
from posture.evaluation.score import credit
from posture.evaluation.verdict import CheckState, Severity, Status
from posture.facts.values import Reason
from posture.fleet.queries.checks import HostCheck


@dataclass(frozen=True, slots=True)
class CheckCost:
    """A check of a host with its words and the points it costs; their sum over all checks is 100 − score."""

    words: CheckWords
    state: HostCheck
    lost: float
    lost_to_failures: float
    lost_to_unknown: float


def costs_of(*, checks: Iterable[HostCheck], words: Mapping[str, CheckWords]) -> list[CheckCost]:
    """Every check of a host, the most severe failures first."""
    credits = [(check, words[check.check_key], _credit(check, words[check.check_key])) for check in checks]
    total = sum(found.weight for _check, found, earned in credits if earned is not None)
    return sorted((_cost(check, found, earned, total) for check, found, earned in credits), key=order_of)


def _credit(check: HostCheck, words: CheckWords) -> float | None:
    if not words.severity:
        return None
    state = CheckState(
        check=check.check_key,
        status=Status(check.status),
        reason=Reason(check.reason) if check.reason else None,
        passed=check.passed,
        failed=check.failed,
        unknown=check.unknown,
        not_applicable=check.not_applicable,
    )
    earned = credit(state, Severity(words.severity))
    return None if earned is None else float(earned)


def _cost(check: HostCheck, words: CheckWords, earned: float | None, total: int) -> CheckCost:
    if earned is None or not total:
        return CheckCost(words, check, 0.0, 0.0, 0.0)
    lost = 100 * words.weight * (1 - earned) / total
    failing = check.failed / (check.failed + check.unknown) if check.failed + check.unknown else 0.0
    return CheckCost(words, check, lost, lost * failing, lost * (1 - failing))


def order_of(cost: CheckCost) -> tuple[int, tuple[int, int, str]]:
    """Failing before unknown before manual before the rest, the most severe first."""
    order = ("fail", "unknown", "manual", "pass", "not_applicable")
    return order.index(cost.state.status), cost.words.order
