"""The tiny address that open pages ask whether anything is new."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.fleet.queries.revision import revision_of


@require_GET
@page()
def revision(request: HttpRequest, asked: Asked) -> HttpResponse:
    """204 when nothing changed since the revision ``seen``; else an event that makes the page fetch itself."""
    if asked.text("seen") == revision_of(scope=asked.scope):
        return HttpResponse(status=204)
    answer = HttpResponse(status=204)
    answer["HX-Trigger"] = "posture-changed"
    return answer
