"""What this server is and holds."""

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.evaluation import catalogue
from posture.fleet.own_address import agent_digest, authority_digest
from posture.fleet.queries.system import measure_ledger


@require_GET
@page()
def system(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Address, authority, agent, rules, the ledger's size and backlog."""
    loaded = catalogue.load()
    context = {
        "section": "settings",
        "tab": "system",
        "url": settings.PUBLIC_URL,
        "agent_digest": agent_digest(),
        "authority_digest": authority_digest(),
        "rules": len(loaded.rules),
        "editions": len(loaded.editions),
        "django": django.get_version(),
        "ledger": measure_ledger(),
        "limits": (settings.INGEST_MAX_COMPRESSED, settings.INGEST_MAX_EXPANDED),
        "interval": settings.DEFAULT_INTERVAL,
    }
    return render(request, "settings/system.html", context)
