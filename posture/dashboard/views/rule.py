"""One rule: its words, where it fails, how to fix it, and where it stands in the benchmarks."""

import uuid
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.controls import controls_of_rule
from posture.dashboard.fixfirst import gain_of
from posture.dashboard.forms.parameter import write_value
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import check_words, critical_keys, key_in, rule_of, say
from posture.evaluation import catalogue
from posture.evaluation.counterparts import relations
from posture.evaluation.rule import Rule
from posture.fleet.models import Group
from posture.fleet.queries.checks import CheckRow, check_rows
from posture.fleet.queries.findings import FindingFilter, list_findings
from posture.fleet.queries.fleet import stand_fleet
from posture.fleet.queries.hosts import find_host
from posture.fleet.queries.revision import revision_of
from posture.fleet.queries.scope import Scope
from posture.fleet.services.choices import chain, parameters_of

STATUSES = ("fail", "unknown")


@require_GET
@page()
def rule(request: HttpRequest, asked: Asked, check_key: str) -> HttpResponse:
    """Words, why, numbers over the fleet, affected resources with what was seen and wanted, the fix by tool."""
    found = rule_of(check_key)
    if found is None:
        raise Http404
    standing = stand_fleet(scope=asked.scope, at=asked.at)
    scope, key = asked.scope, key_in(asked.edition, found.id) or check_key
    row = row_of(asked, scope, key)
    inside = row is not None or (key_in(asked.edition, found.id) is not None and not standing.judged)
    if not inside:
        # Neither the edition in view nor a choice of its policies asks for it: as other editions have it judged.
        scope, key = replace(asked.scope, edition=None), check_key
        row = row_of(asked, scope, key)
    row = row or CheckRow(key)
    words = check_words(key, edition=asked.edition)
    related = sorted(relations(catalogue.load().rules)[found.id])
    host = host_filter(asked)
    wanted = FindingFilter(check_key=key, status=asked.choice("status", STATUSES), text=asked.text("q"), host=host)
    context = {
        "section": "findings",
        "rule": found,
        "words": words,
        "inside": inside,
        "row": row,
        "gain": gain_of(row, words, standing.counted) if inside else 0.0,
        "breaks": say(found.fix.breaks),
        "steps": [{"via": step.via.value, "text": step.text} for step in found.fix.steps],
        "applies": say(found.applies.because) if found.applies else "",
        "controls": controls_of_rule(found.id),
        "related": [check_words(one, edition=asked.edition) for one in related],
        "parameters": parameters_in_force(asked, found, key),
        "page": list_findings(scope=scope, at=asked.at, wanted=wanted, number=asked.page),
        "status": wanted.status,
        "text": wanted.text,
        "host": find_host(scope=asked.scope, host=host, at=asked.at) if host else None,
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "rule.html", context)


def row_of(asked: Asked, scope: Scope, key: str) -> CheckRow | None:
    """How a check stands over a scope; None where nobody is judged by it."""
    rows = check_rows(scope=scope, at=asked.at, critical=critical_keys(asked.edition))
    return next((row for row in rows if row.check_key == key), None)


def parameters_in_force(asked: Asked, found: Rule, key: str) -> list[dict[str, Any]]:
    """Each parameter with the value that judges here, and whether the edition fixes it, the operator gave it, or
    neither did."""
    if not found.parameters:
        return []
    fixed = next(
        (
            judged[1]
            for edition, _title, control in controls_of_rule(found.id)
            if edition == asked.edition and "~" in key and (judged := control.judged_by({})) and judged[0] == found.id
        ),
        {},
    )
    group = Group.objects.select_related("parent").filter(pk=asked.scope.group).first() if asked.scope.group else None
    given = parameters_of(chain(group=group) if group else []).get(found.id, {})
    return [
        {
            "title": say(one.title),
            "value": write_value(fixed.get(name, given.get(name, one.default))),
            "source": "edition" if name in fixed else "operator" if name in given else "default",
        }
        for name, one in found.parameters.items()
    ]


def host_filter(asked: Asked) -> uuid.UUID | None:
    """The host of the address, None when absent or no id."""
    try:
        return uuid.UUID(asked.text("host"))
    except ValueError:
        return None
