"""Counting checks over the resources of a host, and the state that follows.

One byte a judgement: a column of bytes is counted at the speed of C, which is what keeps a large host cheap.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from posture.evaluation.ruleset import Check
from posture.evaluation.verdict import CheckState, Judgement, Note, Status
from posture.facts.values import Reason

PASSED, FAILED, UNSUPPORTED, UNKNOWN, NOT_APPLICABLE = range(5)
_CODES = {
    Status.PASS: PASSED,
    Status.FAIL: FAILED,
    Status.UNKNOWN: UNKNOWN,
    Status.MANUAL: UNKNOWN,
    Status.NOT_APPLICABLE: NOT_APPLICABLE,
}
_REMEMBERED = 16_384  # columns; some 0.5 KiB each


@dataclass(frozen=True, slots=True)
class Span:
    """The moments at which something holds: from ``since`` on and before ``until``; None is no bound."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


ALWAYS = Span()


def meet(spans: Iterable[Span]) -> Span:
    """When all of them hold."""
    bound = [span for span in spans if span is not ALWAYS]
    if not bound:
        return ALWAYS
    since = max((span.since for span in bound if span.since is not None), default=None)
    return Span(since, min((span.until for span in bound if span.until is not None), default=None))


# One judgement as it is counted: its code, its reason, until when it holds, and the note (None: nothing to note).
Answer = tuple[int, Reason | None, datetime | None, Note | None]


def answer(key: str, judgement: Judgement, *, everything: bool) -> Answer:
    """``everything`` notes what passes or does not apply as well."""
    code = _CODES[judgement.status]
    if code == FAILED and judgement.reason is Reason.UNSUPPORTED_BY_KERNEL:
        code = UNSUPPORTED
    noted = everything or judgement.concerns
    return code, judgement.reason, judgement.valid_until, (key, judgement) if noted else None


@dataclass(frozen=True, slots=True)
class Row:
    """The answers about one resource to some checks, in their order."""

    codes: bytes
    notes: tuple[Note, ...]
    reasons: tuple[Reason | None, ...]
    span: Span


def row(answers: Sequence[Answer], *, since: datetime | None) -> Row:
    """``since``: the moment of judgement, where time may change an answer."""
    codes = bytes([code for code, _, _, _ in answers])
    notes = tuple([note for _, _, _, note in answers if note is not None])
    reasons = tuple([reason for _, reason, _, _ in answers])
    if since is None:
        return Row(codes, notes, reasons, ALWAYS)
    until = min((until for _, _, until, _ in answers if until is not None), default=None)
    return Row(codes, notes, reasons, Span(since, until))


# The answers of one check to some resources: their codes, and why the first unknown one is unknown.
Column = tuple[bytes, Reason | None]


def columns(judged: Iterable[tuple[tuple[Check, ...], Sequence[Row]]]) -> Mapping[str, Column]:
    """By check, its answers over all rows; each group of rows has its checks in their order."""
    found: dict[str, Column] = {}
    for checks, rows in judged:
        width = len(checks)
        joined = b"".join([one.codes for one in rows])
        for index, check in enumerate(checks):
            codes = joined[index::width]
            first = codes.find(UNKNOWN)
            reason = rows[first].reasons[index] if first >= 0 else None
            if check.key in found:  # it judges files of several purposes
                before, earlier = found[check.key]
                codes, reason = before + codes, earlier or reason
            found[check.key] = (codes, reason)
    return found


def column(rows: Sequence[Row], index: int) -> Column:
    """The answers of one check, by its number in the rows."""
    codes = bytes([one.codes[index] for one in rows])
    first = codes.find(UNKNOWN)
    return codes, rows[first].reasons[index] if first >= 0 else None


def differing(one: Row, other: Row) -> list[int]:
    """The numbers of the checks that count these two rows otherwise."""
    if one.reasons == other.reasons:
        return [index for index, (a, b) in enumerate(zip(one.codes, other.codes, strict=True)) if a != b]
    pairs = zip(one.codes, other.codes, one.reasons, other.reasons, strict=True)
    return [index for index, (a, b, c, d) in enumerate(pairs) if a != b or c is not d]


NO_ANSWERS: Column = (b"", None)


@lru_cache(maxsize=_REMEMBERED)
def check_state(key: str, codes: bytes, unseen_reason: Reason | None, gaps: tuple[Reason, ...]) -> CheckState:
    """The state of a check. The gaps are those of its own kind: each adds one unknown."""
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
        reason = unseen_reason if unseen else gaps[0]
    elif passed:
        status = Status.PASS
    else:
        status = Status.NOT_APPLICABLE
        reason = Reason.NOT_APPLICABLE if away else Reason.NO_RESOURCE
    return CheckState(key, status, reason, passed, failed, unseen + len(gaps), away, unsupported)


def manual_state(key: str, manual: Judgement, *, there: bool) -> CheckState:
    """The state of a check that no fact can change. Where nothing of its kind is, nobody is asked to look."""
    if not there:
        return CheckState(key, Status.NOT_APPLICABLE, Reason.NO_RESOURCE, 0, 0, 0, 0)
    return CheckState(key, manual.status, manual.reason, 0, 0, 0, 0)
