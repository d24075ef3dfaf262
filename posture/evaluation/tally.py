"""Counting checks over the resources of a host, and the state that follows.

One byte a judgement: a column of bytes is counted at the speed of C, which is what keeps a large host cheap.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from posture.evaluation.judge import Judgement
from posture.evaluation.ruleset import Check
from posture.evaluation.verdict import CheckState, Status
from posture.facts.values import Reason

PASSED, FAILED, UNSUPPORTED, UNKNOWN, NOT_APPLICABLE = range(5)
_CODES = {
    Status.PASS: PASSED,
    Status.FAIL: FAILED,
    Status.UNKNOWN: UNKNOWN,
    Status.MANUAL: UNKNOWN,
    Status.NOT_APPLICABLE: NOT_APPLICABLE,
}
Note = tuple[str, Judgement]  # key of the check


@dataclass(frozen=True, slots=True)
class Row:
    """The judgements of one resource by some checks, in their order: all as codes, the noted ones whole."""

    codes: bytes
    notes: tuple[Note, ...]
    reasons: tuple[Reason | None, ...]


def row(judged: Iterable[tuple[Check, Judgement]], *, everything: bool) -> Row:
    """``notes`` are what fails or is unknown, or everything."""
    judged = tuple(judged)
    notes = tuple((check.key, judgement) for check, judgement in judged if everything or judgement.concerns)
    codes = bytes(_code(judgement) for _, judgement in judged)
    return Row(codes, notes, tuple(judgement.reason for _, judgement in judged))


def _code(judgement: Judgement) -> int:
    if judgement.reason is Reason.UNSUPPORTED_BY_KERNEL and judgement.status is Status.FAIL:
        return UNSUPPORTED
    return _CODES[judgement.status]


@dataclass(frozen=True, slots=True)
class Column:
    """The answers of one check to some resources."""

    codes: bytes
    unseen: Reason | None  # why the first unknown one is unknown


def columns(checks: tuple[Check, ...], rows: list[Row]) -> Iterable[tuple[Check, Column]]:
    """The answers of each check over all rows, each of which has these checks in this order."""
    joined = b"".join(one.codes for one in rows)
    for index, check in enumerate(checks):
        codes = joined[index :: len(checks)]
        first = codes.find(UNKNOWN)
        yield check, Column(codes, rows[first].reasons[index] if first >= 0 else None)


def check_state(key: str, answers: Iterable[Column], gaps: tuple[Reason, ...]) -> CheckState:
    """The state of a check. The gaps are those of its own kind: each adds one unknown."""
    found = tuple(answers)
    codes = b"".join(one.codes for one in found)
    unsupported = codes.count(UNSUPPORTED)
    failed = codes.count(FAILED) + unsupported
    unseen = codes.count(UNKNOWN)
    passed = codes.count(PASSED)
    away = codes.count(NOT_APPLICABLE)
    reason: Reason | None = None
    if failed:
        status = Status.FAIL
        reason = Reason.UNSUPPORTED_BY_KERNEL if failed == unsupported else None
    elif unseen or gaps:
        status = Status.UNKNOWN
        reason = next(one.unseen for one in found if UNKNOWN in one.codes) if unseen else gaps[0]
    elif passed:
        status = Status.PASS
    else:
        status = Status.NOT_APPLICABLE
        reason = Reason.NOT_APPLICABLE if away else Reason.NO_RESOURCE
    return CheckState(key, status, reason, passed, failed, unseen + len(gaps), away, unsupported)


def manual_state(key: str, manual: Judgement) -> CheckState:
    """The state of a check that no fact can change."""
    return CheckState(key, manual.status, manual.reason, 0, 0, 0, 0)
