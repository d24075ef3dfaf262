"""The list of hosts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.fleet.models import HostState
from posture.fleet.queries.fleet import stand_fleet
from posture.fleet.queries.groups import list_labels
from posture.fleet.queries.hosts import SORTS, HostFilter, list_hosts
from posture.fleet.queries.revision import revision_of
from posture.fleet.queries.standing import Word

STATES = (
    *(state for state in HostState.values if state != HostState.RETIRED),
    "engine_unreadable",
    HostState.RETIRED.value,
)
WORDS = tuple(Word)


@require_GET
@page()
def hosts(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Search, filters, sort and page are in the address."""
    wanted = HostFilter(
        text=asked.text("q"),
        state=asked.choice("state", STATES),
        word=asked.choice("word", WORDS),
        sort=asked.choice("sort", tuple(SORTS), "score"),
    )
    standing = stand_fleet(scope=asked.scope, at=asked.at)
    context = {
        "section": "hosts",
        "page": list_hosts(scope=asked.scope, at=asked.at, wanted=wanted, number=asked.page),
        "wanted": wanted,
        "sort": wanted.sort,
        "standing": standing,
        "states": [state for state in STATES if standing.states.get(state) or wanted.state == state]
        + (["engine_unreadable"] if standing.unreadable and wanted.state != "engine_unreadable" else []),
        "word_counts": [(word.value, standing.words[word]) for word in WORDS if standing.words[word]],
        "labels": list_labels(),
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "hosts.html", context)
