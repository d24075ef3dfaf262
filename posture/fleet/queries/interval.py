"""Intervals at a moment: the open rows that had begun, and the closed rows that had not ended."""

from datetime import datetime

from django.db.models import Q

from posture.fleet.models import (
    ClosedCheckState,
    ClosedFinding,
    ClosedScore,
    OpenCheckState,
    OpenFinding,
    OpenScore,
)

CHECK_STATES: tuple[type[OpenCheckState], type[ClosedCheckState]] = (OpenCheckState, ClosedCheckState)
FINDINGS: tuple[type[OpenFinding], type[ClosedFinding]] = (OpenFinding, ClosedFinding)
SCORES: tuple[type[OpenScore], type[ClosedScore]] = (OpenScore, ClosedScore)


def begun(*, at: datetime | None) -> Q:
    """Filter of an open table: rows that had begun at the moment."""
    return Q() if at is None else Q(from_at__lte=at)


def covering(*, at: datetime) -> Q:
    """Filter of a closed table: rows that had begun and not ended at the moment."""
    return Q(from_at__lte=at, to_at__gt=at)
