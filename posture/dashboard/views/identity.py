"""A host's identity: new token and key, enrolling again, merging with the host it was before."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.install import commands
from posture.dashboard.reenrol import command_again
from posture.dashboard.request import Asked
from posture.dashboard.views.host import require_host
from posture.dashboard.words import UNMERGEABLE, word
from posture.fleet.models import Host, Installation, Role
from posture.fleet.services.enrolment_keys import create_reenrolment_key
from posture.fleet.services.merging import CannotMerge, merge_hosts
from posture.fleet.services.rotation import ask_for_rotation
from posture.fleet.tasks import advance_soon


@require_POST
@page(Role.OPERATOR)
def rotate(request: HttpRequest, asked: Asked, host_id: uuid.UUID) -> HttpResponse:
    """Have the agent ask for a new token and key."""
    require_host(asked, host_id)
    for installation in Installation.objects.filter(host=host_id, revoked_at=None).select_related("host"):
        ask_for_rotation(
            installation=installation, actor=asked.account.username, now=asked.now, address=address_of(request)
        )
    messages.success(request, _("The agent is told at its next check-in to fetch a new token and key."))
    return redirect("host", host_id)


@never_cache
@require_POST
@page(Role.OPERATOR)
def reenrol(request: HttpRequest, asked: Asked, host_id: uuid.UUID) -> HttpResponse:
    """Make a key for this one host; the answer holds it, which is shown this once and kept nowhere."""
    require_host(asked, host_id)
    host = get_object_or_404(Host.objects.select_related("group"), pk=host_id)
    try:
        key, secret = create_reenrolment_key(host=host, actor=asked.account.username, address=address_of(request))
    except ValueError:
        messages.error(request, _("This host cannot be enrolled again: it is retired or belongs to the demo."))
        return redirect("host", host_id)
    install = commands(secret=secret)
    again = command_again(secret=secret, authority=install.authority)
    context = {"section": "hosts", "host": host, "key": key, "install": install, "again": again}
    return render(request, "reenrol.html", context)


@require_POST
@page(Role.OPERATOR)
def merge(request: HttpRequest, asked: Asked, host_id: uuid.UUID) -> HttpResponse:
    """This host continues an older one, whose page is shown next."""
    require_host(asked, host_id)
    try:
        older = uuid.UUID(request.POST.get("into", ""))
    except ValueError:
        messages.error(request, _("Choose the host that this one continues."))
        return redirect("host", host_id)
    require_host(asked, older)
    try:
        merge_hosts(
            newer=host_id, older=older, now=asked.now, actor=asked.account.username, address=address_of(request)
        )
    except CannotMerge as error:
        messages.error(request, str(word(UNMERGEABLE, error.reason.value)))
        return redirect("host", host_id)
    advance_soon(host=older)
    messages.success(request, _("The hosts are one now. Its history is judged again from the merge on."))
    return redirect("host", older)
