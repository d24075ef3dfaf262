"""Enrolment keys and agents' tokens, with their end."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.request import Asked
from posture.fleet.models import EnrolmentKey, Installation, Role
from posture.fleet.queries.keys import list_installations, list_keys, usable
from posture.fleet.services.enrolment_keys import revoke_enrolment_key
from posture.fleet.services.tokens import revoke_installation


@require_GET
@page(Role.AUDITOR)
def keys(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Every key and every installation."""
    context = {
        "section": "settings",
        "tab": "keys",
        "keys": [(key, usable(key=key, now=asked.now)) for key in list_keys(now=asked.now)],
        "installations": list_installations(scope=asked.scope),
    }
    return render(request, "settings/keys.html", context)


@require_POST
@page(Role.OPERATOR)
def revoke_key(request: HttpRequest, asked: Asked, key_id: int) -> HttpResponse:
    """End a key."""
    key = get_object_or_404(EnrolmentKey, pk=key_id)
    revoke_enrolment_key(key=key, actor=asked.account.username, address=address_of(request))
    messages.success(request, _("The key lets nobody in any more."))
    return redirect("settings-keys")


@require_POST
@page(Role.OPERATOR)
def revoke_agent(request: HttpRequest, asked: Asked, installation_id: uuid.UUID) -> HttpResponse:
    """End an agent's token."""
    found = get_object_or_404(
        Installation.objects.select_related("host"), pk=installation_id, host__in=asked.scope.hosts()
    )
    revoke_installation(installation=found, actor=asked.account.username, address=address_of(request))
    messages.success(request, _("The agent’s token was ended; its next call is refused."))
    return redirect("settings-keys")
