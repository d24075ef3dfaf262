"""The inventory of containers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.fleet.queries.resources import SORTS, list_resources
from posture.fleet.queries.revision import revision_of

KINDS = ("container", "image", "network", "daemon")


@require_GET
@page()
def containers(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Containers, images, networks and daemons, with the number of checks that each fails."""
    kind = asked.choice("kind", KINDS, "container")
    sort = asked.choice("sort", tuple(SORTS), "-failed")
    text = asked.text("q")
    found = list_resources(scope=asked.scope, at=asked.at, kind=kind, text=text, sort=sort, number=asked.page)
    context = {
        "section": "containers",
        "page": found,
        "kinds": KINDS,
        "kind": kind,
        "sort": sort,
        "text": text,
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "containers.html", context)
