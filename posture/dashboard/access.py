"""Who may enter a page. What a person may not see answers 404; what their role may not do answers 403 in words."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from posture.dashboard.request import Asked, ask
from posture.fleet.models import Role

More = ParamSpec("More")
Page = Callable[Concatenate[HttpRequest, Asked, More], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, More], HttpResponseBase]


class RoleMissing(PermissionDenied):
    """The person's role does not reach what this action needs."""

    def __init__(self, role: Role) -> None:
        super().__init__(role.value)
        self.role = role


def page(role: Role = Role.VIEWER) -> Callable[[Page[More]], View[More]]:
    """Make a page of a function that takes the request and what was asked; ``role`` is the least that may enter."""

    def decorate(function: Page[More]) -> View[More]:
        @wraps(function)
        def view(request: HttpRequest, *args: More.args, **kwargs: More.kwargs) -> HttpResponseBase:
            asked = ask(request)
            require(asked, role)
            request.asked = asked  # type: ignore[attr-defined]  # read by the templates' context
            return function(request, asked, *args, **kwargs)

        return login_required(view)  # type: ignore[type-var]  # its stub knows no ParamSpec

    return decorate


def require(asked: Asked, role: Role) -> None:
    """Refuse a person whose role does not reach ``role``."""
    if not asked.may(role):
        raise RoleMissing(role)
