"""One finding with its exact fix, and one resource with all of its findings."""

import uuid
from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import check_words, rule_of, say, words_of
from posture.dashboard.seen import fix_of
from posture.dashboard.views.host import narrow_to_host, require_host
from posture.fleet.models import Resource
from posture.fleet.queries.findings import (
    FindingFilter,
    find_finding,
    history_of_finding,
    list_findings,
    same_check_elsewhere,
)
from posture.fleet.queries.resources import find_resource
from posture.fleet.queries.revision import revision_of


def require_resource(host_id: uuid.UUID, resource_id: int) -> Resource:
    """The resource of this host, or 404."""
    found = find_resource(host=host_id, resource=resource_id)
    if found is None:
        raise Http404
    return found


@require_GET
@page()
def finding(request: HttpRequest, asked: Asked, host_id: uuid.UUID, resource_id: int, check_key: str) -> HttpResponse:
    """What was seen and wanted, the exact fix with this resource's names and values, how it went over time."""
    asked = narrow_to_host(request, asked, host_id)
    host = require_host(asked, host_id)
    resource = require_resource(host_id, resource_id)
    found_rule = rule_of(check_key)
    if "\0" in check_key:  # the database holds none, and refuses the question
        raise Http404
    history = history_of_finding(host=host_id, resource=resource_id, check_key=check_key)
    if found_rule is None and not history:
        raise Http404
    found = find_finding(host=host_id, resource=resource_id, check_key=check_key, at=asked.at)
    fix = None
    if found_rule is not None and found is not None:
        fix = fix_of(
            rule=found_rule,
            check_key=check_key,
            host=host_id,
            at=asked.moment,
            resource_key=resource.key,
            evidence=found.evidence,
        )
    words = check_words(check_key, edition=asked.edition)
    scope = asked.scope if words.control else replace(asked.scope, edition=None)
    context = {
        "section": "findings",
        "host": host,
        "resource": resource,
        "finding": found,
        "words": words,
        "fix": fix,
        "breaks": say(fix.breaks) if fix else "",
        "steps": [{"via": s.via.value, "text": s.text, "then": s.then, "note": say(s.note)} for s in fix.steps]
        if fix
        else [],
        "history": history,
        "elsewhere": same_check_elsewhere(scope=scope, check_key=check_key, at=asked.at),
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "finding.html", context)


@require_GET
@page()
def resource(request: HttpRequest, asked: Asked, host_id: uuid.UUID, resource_id: int) -> HttpResponse:
    """A resource and every check that it does not pass."""
    asked = narrow_to_host(request, asked, host_id)
    host = require_host(asked, host_id)
    found = require_resource(host_id, resource_id)
    wanted = FindingFilter(host=host_id, resource=resource_id)
    rows = list_findings(scope=asked.scope, at=asked.at, wanted=wanted, size=200).rows
    words = words_of([row.check_key for row in rows], edition=asked.edition)
    context = {
        "section": "containers" if found.kind == "container" else "hosts",
        "host": host,
        "resource": found,
        "rows": sorted(rows, key=lambda row: (row.status, words[row.check_key].order)),
        "words": words,
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "resource.html", context)
