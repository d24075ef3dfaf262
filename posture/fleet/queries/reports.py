"""Reports that people asked for."""

import uuid

from django.db.models import Q, QuerySet

from posture.fleet.models import Report
from posture.fleet.queries.paging import PAGE_SIZE, Page, window
from posture.fleet.queries.scope import Scope


def visible_reports(*, scope: Scope) -> QuerySet[Report]:
    """The reports on hosts and groups that the viewer may see, without their files."""
    reports = Report.objects.select_related("host", "group").defer("body")
    if scope.groups is None:
        return reports
    return reports.filter(Q(host__in=scope.hosts()) | Q(group__in=scope.groups))


def list_reports(*, scope: Scope, number: int, size: int = PAGE_SIZE) -> Page[Report]:
    """A page of reports, the newest first."""
    reports = visible_reports(scope=scope)
    total = reports.count()
    number = min(max(number, 1), max(1, -(-total // size)))
    rows = list(reports.order_by("-created_at", "pk")[window(number=number, size=size)])
    return Page(rows=rows, number=number, total=total, size=size)


def find_report(*, scope: Scope, report: uuid.UUID) -> Report | None:
    """One report without its file."""
    return visible_reports(scope=scope).filter(pk=report).first()


def report_file(*, report: uuid.UUID) -> bytes:
    """The file of a report that is done; empty otherwise."""
    body = Report.objects.values_list("body", flat=True).get(pk=report)
    return bytes(body or b"")
