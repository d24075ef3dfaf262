"""An engine of a host that this server visits."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.request import Asked
from posture.dashboard.views.host import require_host
from posture.fleet.models import Role
from posture.fleet.services.engines import forget_engine


@require_POST
@page(Role.OPERATOR)
def forget(request: HttpRequest, asked: Asked, host_id: uuid.UUID) -> HttpResponse:
    """Have visits look no longer for an engine that was removed."""
    require_host(asked, host_id)
    key, by = request.POST.get("engine", ""), asked.account.username
    if forget_engine(host=host_id, key=key, actor=by, address=address_of(request)):
        messages.success(request, _("The engine is forgotten: from the next visit on nobody looks for it."))
    else:
        messages.error(request, _("Nothing was forgotten: the engine answers, or is forgotten already."))
    return redirect("host", host_id)
