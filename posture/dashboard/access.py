"""Who may enter a page. What a person may not see answers 404; what their role may not do answers 403 in words."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from posture.dashboard.request import Asked, ask
from posture.fleet.models import Role

Page = Callable[..., HttpResponseBase]  # takes the request, what was asked, and the address's parts
View = Callable[..., HttpResponseBase]


class RoleMissing(PermissionDenied):
    """The person's role does not reach what this action needs."""

    def __init__(self, role: Role) -> None:
        super().__init__(role.value)
        self.role = role


def page(role: Role = Role.VIEWER) -> Callable[[Page], View]:
    """Make a page of a function that takes the request and what was asked; ``role`` is the least that may enter."""

    def decorate(function: Page) -> View:
        @wraps(function)
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            asked = ask(request)
            require(asked, role)
            request.asked = asked  # type: ignore[attr-defined]  # read by the templates' context
            return function(request, asked, *args, **kwargs)

        return login_required(view)

    return decorate


def require(asked: Asked, role: Role) -> None:
    """Refuse a person whose role does not reach ``role``."""
    if not asked.may(role):
        raise RoleMissing(role)
