"""The audit log."""

from dataclasses import dataclass

from posture.fleet.models import AuditEntry
from posture.fleet.queries.paging import PAGE_SIZE, Page, window


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the log is narrowed to; empty texts narrow nothing."""

    actor: str = ""
    action: str = ""
    subject: str = ""


def list_entries(*, wanted: AuditFilter, number: int = 1, size: int = PAGE_SIZE) -> Page[AuditEntry]:
    """A page of the log, the newest first."""
    entries = AuditEntry.objects.all()
    if wanted.actor:
        entries = entries.filter(actor__icontains=wanted.actor)
    if wanted.action:
        entries = entries.filter(action=wanted.action)
    if wanted.subject:
        entries = entries.filter(subject__icontains=wanted.subject)
    total = entries.count()
    number = min(max(number, 1), max(1, -(-total // size)))
    rows = list(entries.order_by("-at", "-pk")[window(number=number, size=size)])
    return Page(rows=rows, number=number, total=total, size=size)
