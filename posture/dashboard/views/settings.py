"""The way into the settings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.fleet.models import Role


@require_GET
@page()
def settings(request: HttpRequest, asked: Asked) -> HttpResponse:
    """To the first page of the settings that the person may read."""
    return redirect("settings-keys" if asked.may(Role.AUDITOR) else "settings-groups")
