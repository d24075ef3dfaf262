"""Agents are answered at the door of the house."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve

DOOR = "/api/v1/agent/"


class AgentsDoorMiddleware:
    """Calls of agents carry a token and know no session, language, page or browser: they go straight to their view.

    Nearly all requests are check-ins, and what stands behind this in ``MIDDLEWARE`` costs more than taking one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(DOOR):
            return self.get_response(request)
        request.get_host()  # refuses, as for everybody, a host that is not ours
        view, args, kwargs = resolve(request.path_info)
        answer: HttpResponseBase = view(request, *args, **kwargs)
        return answer
