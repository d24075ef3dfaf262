"""Checks: how each stands over a scope, and on one host."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, FloatField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Cast

from posture.fleet.models import ClosedCheckState, ClosedScore, OpenCheckState, OpenScore
from posture.fleet.queries.interval import begun, covering
from posture.fleet.queries.scope import Scope

STATUSES = ("fail", "unknown", "manual", "pass", "not_applicable")


@dataclass(slots=True)
class CheckRow:
    """One check over a scope: resources by outcome, hosts by status.

    ``lost`` is Σ over hosts of (share of the check's credit lost to failures ÷ the host's total weight): multiplied by
    100 × the rule's weight ÷ the number of hosts it is the points that fixing it everywhere would bring.
    """

    check_key: str
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    lost: float = 0.0
    hosts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))

    @property
    def status(self) -> str:
        """The status over the scope: fail, else unknown, manual, pass, else not applicable."""
        return next((status for status in STATUSES if self.hosts.get(status)), "not_applicable")


def check_rows(*, scope: Scope, at: datetime | None, critical: Collection[str]) -> list[CheckRow]:
    """Every check that was judged within the scope at a moment. ``critical``: keys of checks that earn all or nothing.
    One statement now, two in the past."""
    found: dict[str, CheckRow] = {}
    for row in _grouped(scope, at, critical):
        check = found.setdefault(row["check_key"], CheckRow(row["check_key"]))
        check.passed += row["sum_passed"]
        check.failed += row["sum_failed"]
        check.unknown += row["sum_unknown"]
        check.lost += row["sum_lost"] or 0.0
        for status in STATUSES:
            check.hosts[status] += row[f"hosts_{status}"]
    return list(found.values())


def _grouped(scope: Scope, at: datetime | None, critical: Collection[str]) -> Iterable[dict[str, Any]]:
    of_host = {"host": OuterRef("host"), "edition": OuterRef("host__group__primary_edition")}
    hosts = scope.hosts_at(at=at)
    weight = Subquery(OpenScore.objects.filter(begun(at=at), **of_host).values("weight")[:1])
    yield from _aggregate(OpenCheckState.objects.filter(begun(at=at), host__in=hosts), weight, critical)
    if at is not None:
        # At a past moment a check may have ended while the score went on, and the other way round.
        past = Subquery(
            ClosedScore.objects.filter(covering(at=at), **of_host)
            .values("weight")
            .union(OpenScore.objects.filter(begun(at=at), **of_host).values("weight"))[:1]
        )
        yield from _aggregate(ClosedCheckState.objects.filter(covering(at=at), host__in=hosts), past, critical)


def _aggregate(states: QuerySet[Any], weight: Subquery, critical: Collection[str]) -> Iterable[dict[str, Any]]:
    judged = Cast(F("passed") + F("failed") + F("unknown"), FloatField())
    lost = Case(
        When(failed=0, then=Value(0.0)),
        When(check_key__in=list(critical), then=Value(1.0)),
        default=Cast("failed", FloatField()) / judged,
        output_field=FloatField(),
    )
    hosts = {f"hosts_{status}": Count("id", filter=Q(status=status)) for status in STATUSES}
    sums = {f"sum_{name}": Sum(name) for name in ("passed", "failed", "unknown")}
    grouped: Iterable[dict[str, Any]] = (
        states.annotate(weight=weight)
        .values("check_key")
        .annotate(
            sum_lost=Sum(
                Case(When(weight__gt=0, then=lost / F("weight")), default=Value(0.0), output_field=FloatField())
            ),
            **sums,
            **hosts,
        )
    )
    return grouped


@dataclass(frozen=True, slots=True)
class HostCheck:
    """One check on one host."""

    check_key: str
    status: str
    reason: str
    passed: int
    failed: int
    unknown: int
    not_applicable: int
    from_at: datetime


def host_checks(*, host: uuid.UUID, at: datetime | None) -> list[HostCheck]:
    """The state of every check of one host at a moment. One statement now, two in the past."""
    columns = ("check_key", "status", "reason", "passed", "failed", "unknown", "not_applicable", "from_at")
    rows = list(OpenCheckState.objects.filter(begun(at=at), host=host).values_list(*columns))
    if at is not None:
        rows += ClosedCheckState.objects.filter(covering(at=at), host=host).values_list(*columns)
    return [HostCheck(*row) for row in rows]
