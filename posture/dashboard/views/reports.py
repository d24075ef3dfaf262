"""Reports: ask for one, see it being made, download it."""

import re
import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.forms.report import ReportForm
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import edition_titles
from posture.fleet.models import Report, ReportState, Role
from posture.fleet.queries.reports import find_report, list_reports, report_file
from posture.fleet.services.audit import record_action
from posture.reports.making import request_report
from posture.reports.phrases import phrases_in
from posture.reports.tasks import make_report


@require_http_methods(["GET", "POST"])
@page(Role.AUDITOR)
def reports(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The reports, and the form of a new one."""
    initial = {
        "group": asked.scope.group,
        "host": asked.text("host") or None,
        "edition": asked.edition,
        "as_of": asked.at,
        "language": get_language(),
    }
    form = ReportForm(request.POST or None, initial=initial, scope=asked.scope)
    if request.method == "POST" and form.is_valid():
        report = request_report(
            subject=form.cleaned_data["host"] or form.cleaned_data["group"],
            edition=form.cleaned_data["edition"],
            as_of=form.cleaned_data["as_of"] or asked.now,
            language=form.cleaned_data["language"],
            actor=asked.account.username,
            address=address_of(request),
        )
        make_report.delay_on_commit(str(report.pk))
        return redirect("report", report.pk)
    context = {
        "section": "reports",
        "page": list_reports(scope=asked.scope, number=asked.page),
        "form": form,
        "editions": dict(edition_titles()),
        "languages": dict(settings.LANGUAGES),
    }
    return render(request, "reports.html", context)


def require_report(asked: Asked, report_id: uuid.UUID) -> Report:
    """The report, or 404."""
    found = find_report(scope=asked.scope, report=report_id)
    if found is None:
        raise Http404
    return found


@require_GET
@page(Role.AUDITOR)
def report(request: HttpRequest, asked: Asked, report_id: uuid.UUID) -> HttpResponse:
    """One report and how far it is; the page asks again until it is done."""
    found = require_report(asked, report_id)
    waiting = found.state in (ReportState.QUEUED, ReportState.RUNNING)
    context = {
        "section": "reports",
        "report": found,
        "waiting": waiting,
        "step": phrases_in(get_language() or "en").get(f"step.{found.step}", ""),
        "editions": dict(edition_titles()),
        "languages": dict(settings.LANGUAGES),
    }
    return render(request, "report.html", context)


@require_GET
@page(Role.AUDITOR)
def download(request: HttpRequest, asked: Asked, report_id: uuid.UUID) -> HttpResponse:
    """The file; each download is an action of the audit log."""
    found = require_report(asked, report_id)
    if found.state != ReportState.DONE:
        raise Http404
    subject = found.host.name if found.host else found.group.name if found.group else ""
    record_action(
        actor=asked.account.username,
        action="report.downloaded",
        subject=subject,
        details={"report": str(found.pk), "digest": found.digest},
        address=address_of(request),
    )
    answer = HttpResponse(report_file(report=found.pk), content_type="application/pdf")
    # A file's name is made of plain letters only: subjects are hostile text.
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", subject).strip("-.")[:60] or "report"
    answer["Content-Disposition"] = f'attachment; filename="posture-{plain}-{found.as_of:%Y-%m-%d}.pdf"'
    answer["Content-Security-Policy"] = "sandbox"
    return answer
