"""What changed, why, and what that did to the score."""

from dataclasses import replace
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import critical_rules, weights, words_of
from posture.dashboard.views.rule import host_filter
from posture.fleet.queries.changes import Cause, Period, list_change_sets
from posture.fleet.queries.hosts import find_host
from posture.fleet.queries.reporting import dropped_in
from posture.fleet.queries.revision import revision_of
from posture.fleet.queries.split import split_fleet

RANGES = ("1", "7", "30", "90")
SIZE = 25


@require_GET
@page()
def changes(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Change sets of a time, newest first, with causes, and the exact split of the score's move."""
    days = asked.choice("days", RANGES, "7")
    period = Period(asked.moment - timedelta(days=int(days)), asked.moment)
    cause = asked.choice("cause", tuple(Cause))
    host = host_filter(asked)
    found = list_change_sets(
        scope=asked.scope,
        period=period,
        host=host,
        causes={Cause(cause)} if cause else None,
        limit=SIZE + 1,
        offset=(asked.page - 1) * SIZE,
    )
    keys = {change.check_key for one in found for change in one.changes}
    critical = critical_rules()
    within = replace(asked.scope, host=host) if host else asked.scope
    context = {
        "section": "changes",
        "dropped": dropped_in(scope=within, from_at=period.from_at, to_at=period.to_at),
        "sets": found[:SIZE],
        "words": words_of(keys, edition=asked.edition),
        "split": None if host else split_fleet(scope=asked.scope, period=period, weights=weights(), critical=critical),
        "days": days,
        "ranges": RANGES,
        "period": period,
        "cause": cause,
        "causes": tuple(Cause),
        "host": find_host(scope=asked.scope, host=host, at=asked.at) if host else None,
        "previous": asked.page - 1 or None,
        "next": asked.page + 1 if len(found) > SIZE else None,
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "changes.html", context)
