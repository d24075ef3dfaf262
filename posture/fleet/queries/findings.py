"""Findings: one check on one resource that does not pass, with its evidence."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from posture.fleet.models import ClosedFinding, OpenFinding
from posture.fleet.queries.editions import of_edition
from posture.fleet.queries.interval import begun, covering
from posture.fleet.queries.paging import PAGE_SIZE, Page, window
from posture.fleet.queries.scope import Scope

COLUMNS = (
    "check_key",
    "status",
    "reason",
    "evidence",
    "from_at",
    "since_at",
    "host_id",
    "host__name",
    "resource_id",
    "resource__kind",
    "resource__name",
)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding in a list. ``evidence``: ``[[fact, seen, wanted], …]``; ``since_at``: when it began not to pass."""

    check_key: str
    status: str
    reason: str
    evidence: list[list[str]]
    from_at: datetime
    since_at: datetime
    host_id: uuid.UUID
    host_name: str
    resource_id: int
    resource_kind: str
    resource_name: str


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What a list of findings is narrowed to; empty values narrow nothing."""

    check_key: str = ""
    checks: Collection[str] | None = None
    status: str = ""
    text: str = ""
    host: uuid.UUID | None = None
    resource: int | None = None

    def condition(self) -> Q:
        wanted = Q()
        if self.check_key:
            wanted &= Q(check_key=self.check_key)
        if self.checks is not None:
            wanted &= Q(check_key__in=list(self.checks))
        if self.status:
            wanted &= Q(status=self.status)
        if self.text:
            wanted &= Q(resource__name__icontains=self.text) | Q(host__name__icontains=self.text)
        if self.host is not None:
            wanted &= Q(host=self.host)
        if self.resource is not None:
            wanted &= Q(resource=self.resource)
        return wanted


def list_findings(
    *, scope: Scope, at: datetime | None, wanted: FindingFilter, number: int = 1, size: int = PAGE_SIZE
) -> Page[FindingRow]:
    """A page of findings at a moment, those longest open last within each status."""
    rows = _rows(scope, at, wanted)
    total = rows.count()
    number = min(max(number, 1), max(1, -(-total // size)))
    ordered = rows.order_by("status", "-since_at", "host__name", "resource__name", "check_key", "resource_id")
    found = [FindingRow(*row) for row in ordered[window(number=number, size=size)]]
    return Page(rows=found, number=number, total=total, size=size)


def _rows(scope: Scope, at: datetime | None, wanted: FindingFilter) -> QuerySet[Any, Any]:
    narrowed = wanted.condition() & Q(host__in=scope.hosts_at(at=at)) & of_edition(edition=scope.edition)
    current = OpenFinding.objects.filter(begun(at=at) & narrowed).values_list(*COLUMNS)
    if at is None:
        return current
    return current.union(ClosedFinding.objects.filter(covering(at=at) & narrowed).values_list(*COLUMNS), all=True)


def host_findings(*, host: uuid.UUID, at: datetime | None, edition: str | None = None) -> list[FindingRow]:
    """Every finding of one host in an edition (None: in all) at a moment. One statement."""
    here = FindingFilter(host=host)
    return [
        FindingRow(*row)
        for row in _rows(Scope(edition=edition), at, here).order_by("status", "resource__name", "resource_id")
    ]


def find_finding(*, host: uuid.UUID, resource: int, check_key: str, at: datetime | None) -> FindingRow | None:
    """One finding at a moment; None where the check passed or was not judged."""
    wanted = FindingFilter(host=host, resource=resource, check_key=check_key)
    row = _rows(Scope(), at, wanted).first() if at is None else next(iter(_rows(Scope(), at, wanted)), None)
    return None if row is None else FindingRow(*row)


@dataclass(frozen=True, slots=True)
class FindingSpan:
    """One interval of a finding; ``to_at`` None: still open. ``ended``: passed, gone, changed, ruleset or ""."""

    from_at: datetime
    to_at: datetime | None
    status: str
    evidence: list[list[str]]
    ended: str


def history_of_finding(*, host: uuid.UUID, resource: int, check_key: str, limit: int = 50) -> list[FindingSpan]:
    """Every interval of one check on one resource, the newest first. Two statements."""
    same = {"host": host, "resource": resource, "check_key": check_key}
    current = OpenFinding.objects.filter(**same).values_list("from_at", "status", "evidence")
    closed = ClosedFinding.objects.filter(**same).order_by("-to_at")
    columns = ("from_at", "to_at", "status", "evidence", "ended")
    return [
        *(FindingSpan(from_at, None, status, evidence, "") for from_at, status, evidence in current),
        *(FindingSpan(*row) for row in closed.values_list(*columns)[:limit]),
    ]


def same_check_elsewhere(*, scope: Scope, check_key: str, at: datetime | None) -> int:
    """On how many hosts a check fails at a moment."""
    wanted = FindingFilter(check_key=check_key, status="fail")
    hosts = {row[COLUMNS.index("host_id")] for row in _rows(scope, at, wanted)} if at is not None else None
    if hosts is not None:
        return len(hosts)
    narrowed = wanted.condition() & of_edition(edition=scope.edition)
    found = OpenFinding.objects.filter(narrowed, host__in=scope.hosts_at(at=None))
    return found.values("host").distinct().count()
