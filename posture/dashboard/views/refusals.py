"""The page that says which role an action needs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from posture.dashboard.access import RoleMissing
from posture.fleet.models import Account


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, in words."""
    context: dict[str, str] = {}
    if isinstance(exception, RoleMissing) and isinstance(request.user, Account):
        context = {"needed": str(exception.role.label), "own": request.user.get_role_display()}
    return render(request, "403.html", context, status=403)
