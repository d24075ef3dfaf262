"""The search: hosts, containers and rules."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import words_of
from posture.evaluation import catalogue
from posture.fleet.queries.hosts import search_hosts
from posture.fleet.queries.resources import list_resources
from posture.fleet.queries.scope import Scope

LIMIT = 12


@require_GET
@page()
def search(request: HttpRequest, asked: Asked) -> HttpResponse:
    """What has the text in its name, a dozen of each kind."""
    text = asked.text("q")
    whole = Scope(groups=asked.scope.groups, edition=asked.scope.edition)
    words = words_of(catalogue.load().rules, edition=asked.edition).values()
    fold = text.casefold()
    rules = [one for one in words if fold in f"{one.title} {one.key} {one.control}".casefold()] if text else []
    context = {
        "section": "",
        "searched": text,
        "hosts": search_hosts(scope=whole, text=text, limit=LIMIT) if text else [],
        "containers": list_resources(
            scope=whole, at=asked.at, kind="container", text=text, sort="name", size=LIMIT
        ).rows
        if text
        else [],
        "rules": sorted(rules, key=lambda one: one.order)[:LIMIT],
    }
    return render(request, "search.html", context)
