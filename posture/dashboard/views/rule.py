"""One rule: its words, where it fails, how to fix it."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.fixfirst import gain_of
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import DEFAULT_EDITION, check_words, critical_checks, rule_of, say
from posture.fleet.queries.checks import CheckRow, check_rows
from posture.fleet.queries.findings import FindingFilter, list_findings
from posture.fleet.queries.fleet import stand_fleet
from posture.fleet.queries.hosts import find_host
from posture.fleet.queries.revision import revision_of

STATUSES = ("fail", "unknown")


@require_GET
@page()
def rule(request: HttpRequest, asked: Asked, check_key: str) -> HttpResponse:
    """Words, why, numbers over the fleet, affected resources with what was seen and wanted, the fix by tool."""
    found = rule_of(check_key)
    if found is None:
        raise Http404
    words = check_words(check_key, edition=DEFAULT_EDITION)
    rows = check_rows(scope=asked.scope, at=asked.at, critical=critical_checks())
    row = next((one for one in rows if one.check_key == check_key), CheckRow(check_key))
    standing = stand_fleet(scope=asked.scope, at=asked.at)
    host = host_filter(asked)
    wanted = FindingFilter(
        check_key=check_key, status=asked.choice("status", STATUSES), text=asked.text("q"), host=host
    )
    context = {
        "section": "findings",
        "rule": found,
        "words": words,
        "row": row,
        "gain": gain_of(row, words, standing.hosts),
        "breaks": say(found.fix.breaks),
        "steps": [{"via": step.via.value, "text": step.text} for step in found.fix.steps],
        "applies": say(found.applies.because) if found.applies else "",
        "page": list_findings(scope=asked.scope, at=asked.at, wanted=wanted, number=asked.page),
        "status": wanted.status,
        "text": wanted.text,
        "host": find_host(scope=asked.scope, host=host, at=asked.at) if host else None,
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "rule.html", context)


def host_filter(asked: Asked) -> uuid.UUID | None:
    """The host of the address, None when absent or no id."""
    try:
        return uuid.UUID(asked.text("host"))
    except ValueError:
        return None
