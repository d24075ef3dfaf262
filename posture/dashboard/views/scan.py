""" "Scan now" on the page of a host."""

import uuid

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.request import Asked
from posture.dashboard.views.host import require_host
from posture.fleet.models import Host, Reach, Role, Source
from posture.fleet.services.scan_requests import ask_scan
from posture.remote.runs import ask_visit
from posture.remote.tasks import visit_soon


@require_POST
@page(Role.OPERATOR)
def scan(request: HttpRequest, asked: Asked, host_id: uuid.UUID) -> HttpResponse:
    """Wish for a scan. The agent hears of it in the answer to its next check-in; where this server goes by itself, it
    goes at once."""
    require_host(asked, host_id)
    ways = Reach.objects.filter(host=host_id, host__source=F("method"))
    if not ways.exists() and Host.objects.exclude(source=Source.AGENT).filter(pk=host_id).exists():
        messages.error(request, _("Nothing was asked for: this server has no way to the host. Add one, or an agent."))
    elif ask_scan(host=host_id, now=asked.now, actor=asked.account.username, address=address_of(request)):
        go_there(request, asked, ways)
        messages.success(request, _("The scan was asked for."))
    else:
        messages.info(request, _("A scan was asked for already, or the host is retired."))
    return redirect("host", host_id)


def go_there(request: HttpRequest, asked: Asked, ways: QuerySet[Reach]) -> None:
    """Begin the visit, where a host is read by visits."""
    reach = ways.order_by("-scheduled", "created_at").first()
    if reach is None:
        return
    run = ask_visit(reach=reach, now=asked.now, actor=asked.account.username, address=address_of(request))
    if run is not None:
        visit_soon(run=run.pk)
