"""The audit log."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.dashboard.words import ACTION
from posture.fleet.models import Role
from posture.fleet.queries.audit import AuditFilter, list_entries


@require_GET
@page(Role.AUDITOR)
def audit(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Who did what, with filter and paging."""
    wanted = AuditFilter(
        actor=asked.text("actor"), action=asked.choice("action", tuple(ACTION)), subject=asked.text("subject")
    )
    context = {
        "section": "settings",
        "tab": "audit",
        "page": list_entries(wanted=wanted, number=asked.page),
        "wanted": wanted,
        "actions": ACTION.items(),
    }
    return render(request, "settings/audit.html", context)
