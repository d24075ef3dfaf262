"""Add a host: group, key, command, and the wait for its first score."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.forms.add_host import AddHostForm
from posture.dashboard.install import commands
from posture.dashboard.request import Asked
from posture.fleet.models import EnrolmentKey, Installation, Role
from posture.fleet.own_address import is_reachable_from_elsewhere
from posture.fleet.queries.keys import find_key, newcomers
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.services.groups import get_or_create_group


@never_cache
@require_http_methods(["GET", "POST"])
@page(Role.OPERATOR)
def choose(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Choose the group; the answer holds the key, which is shown this once and kept nowhere."""
    fallback = get_or_create_group() if request.method == "GET" else None
    form = AddHostForm(request.POST or None, initial={"group": fallback.pk if fallback else None})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        key, secret = create_enrolment_key(
            group=chosen["group"],
            actor=asked.account.username,
            uses=chosen["uses"],
            lifetime=chosen["lifetime"],
            name=chosen["name"],
            address=address_of(request),
        )
        return render(
            request, "add_host_key.html", {**progress(key), "secret": secret, "install": commands(secret=secret)}
        )
    context = {"section": "settings", "form": form, "reachable": is_reachable_from_elsewhere()}
    return render(request, "add_host.html", context)


@never_cache
@require_GET
@page(Role.OPERATOR)
def wait(request: HttpRequest, asked: Asked, key_id: int) -> HttpResponse:
    """How far the hosts of a key have come; without the key itself."""
    key = find_key(key=key_id)
    if key is None:
        raise Http404
    return render(request, "add_host_wait.html", progress(key))


def progress(key: EnrolmentKey) -> dict[str, object]:
    """The newcomers of a key and their steps."""
    return {"section": "settings", "key": key, "newcomers": [steps_of(found) for found in newcomers(key=key)]}


def steps_of(installation: Installation) -> dict[str, object]:
    """How far one installation has come."""
    host = installation.host
    cursor = getattr(host, "cursor", None)
    return {
        "host": host,
        "installation": installation,
        "received": installation.last_received_at is not None,
        "scored": cursor is not None and cursor.at is not None and cursor.snapshot_id is not None,
    }
