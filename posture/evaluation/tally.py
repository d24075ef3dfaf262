"""Counting one check over the resources of a host, and the state that follows."""

from collections.abc import Iterable
from dataclasses import dataclass

from posture.evaluation.judge import Judgement
from posture.evaluation.ruleset import Check
from posture.evaluation.verdict import CheckState, Status
from posture.facts.resource import Gap
from posture.facts.values import Reason


@dataclass(slots=True)
class Tally:
    """Counts of one check on one host, filled resource by resource."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    not_applicable: int = 0
    unsupported: int = 0
    reason: Reason | None = None  # of the first unknown resource

    def add(self, judgement: Judgement) -> None:
        status = judgement.status
        if status is Status.PASS:
            self.passed += 1
        elif status is Status.FAIL:
            self.failed += 1
            if judgement.reason is Reason.UNSUPPORTED_BY_KERNEL:
                self.unsupported += 1
        elif status is Status.NOT_APPLICABLE:
            self.not_applicable += 1
        else:
            self.unknown += 1
            self.reason = self.reason or judgement.reason


def check_state(check: Check, tally: Tally, gaps: Iterable[Gap]) -> CheckState:
    """Fail, else unknown, else manual, else pass. Every gap of the check's kind adds one unknown."""
    manual = check.logic.manual
    if manual is not None:
        return CheckState(check.key, manual.status, manual.reason, 0, 0, 0, 0)
    reason = tally.reason
    unknown = tally.unknown
    for gap in gaps:
        if gap.kind is check.rule.subject:
            unknown += 1
            reason = reason or gap.reason
    status, reason = _status(tally, unknown, reason)
    return CheckState(
        check.key, status, reason, tally.passed, tally.failed, unknown, tally.not_applicable, tally.unsupported
    )


def _status(tally: Tally, unknown: int, reason: Reason | None) -> tuple[Status, Reason | None]:
    if tally.failed:
        whole = tally.failed == tally.unsupported
        return Status.FAIL, Reason.UNSUPPORTED_BY_KERNEL if whole else None
    if unknown:
        return Status.UNKNOWN, reason
    if tally.passed:
        return Status.PASS, None
    return Status.NOT_APPLICABLE, Reason.NOT_APPLICABLE if tally.not_applicable else Reason.NO_RESOURCE
