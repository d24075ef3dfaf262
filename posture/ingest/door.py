"""The base of the agents' views: every refusal as a problem."""

import logging
from math import ceil

import msgspec
from django.conf import settings
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection
from django.http import HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, MethodNotAllowed, Throttled
from rest_framework.request import Request
from rest_framework.views import APIView

from posture.fleet.services.refusals import (
    AlreadyEnrolled,
    ClonedHost,
    Disturbed,
    Forged,
    KeyRefused,
    Refusal,
    TooLarge,
    UnknownToken,
    WrongShape,
)
from posture.fleet.services.sealing import Unsealable
from posture.ingest.problems import problem

log = logging.getLogger(__name__)
PAUSE = 30  # seconds until an agent may try again after trouble of ours
FROZEN_PAUSE = 300
REFUSALS: dict[type[Refusal], tuple[int, str, str]] = {
    UnknownToken: (401, "unknown-token", "The token is not known"),
    Forged: (401, "forged", "The message is not authenticated"),
    KeyRefused: (401, "key-refused", "The enrolment key is not accepted"),
    AlreadyEnrolled: (409, "already-enrolled", "This installation is enrolled already"),
    ClonedHost: (409, "cloned", "Two machines use one identity"),
    WrongShape: (422, "wrong-shape", "The body does not have the shape of the protocol"),
    TooLarge: (413, "too-large", "The body is too large"),
}


class Frozen(APIException):
    status_code = 503
    default_detail = "Reports are not taken at the moment; keep them."


def limits() -> dict[str, int]:
    """What a snapshot may weigh, in bytes; every answer carries it."""
    return {"compressed": settings.INGEST_MAX_COMPRESSED, "expanded": settings.INGEST_MAX_EXPANDED}


def answer(status: int, content: object) -> HttpResponse:
    body = msgspec.json.encode(content)
    # With its length: a body in chunks is longer, and an unchanged check-in is to take 1 KB both ways.
    headers = {"Content-Length": str(len(body))}
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)


class Door(APIView):
    """A view for agents. Subclasses read with ``read_message`` and answer with ``answer``."""

    http_method_names = ["post"]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        if settings.FREEZE_INGEST:
            raise Frozen
        # Not asked for beforehand whether it still works: one that broke is found by the call's first statement, and
        # the agent comes again.
        connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs leave it out

    def finalize_response(  # type: ignore[override]  # a plain response will do
        self, request: Request, response: HttpResponseBase, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        """As it is: agents need none of the headers that are added for programs which explore an API."""
        return response

    def handle_exception(self, error: Exception) -> HttpResponse:  # type: ignore[override]  # a plain response will do
        """The problem that says what went wrong; what is not foreseen is raised again."""
        if isinstance(error, Refusal):
            return refuse(error)
        if isinstance(error, APIException):
            return refuse_call(error)
        if isinstance(error, OperationalError | InterfaceError):
            log.warning("An agent was sent away, a server of ours cannot be reached: %s", error)
            return problem(503, "unavailable", "Not available", "Try again in a moment.", retry_after=PAUSE)
        if isinstance(error, Unsealable):
            log.error("%s", error)
            return problem(503, "unavailable", "Not available", "Try again later.", retry_after=FROZEN_PAUSE)
        if isinstance(error, DataError):
            log.error("A report holds what the database cannot: %s", error)
            return refuse(WrongShape("The body holds a value that cannot be stored."))
        if isinstance(error, IntegrityError):
            log.warning("Two calls were in each other's way: %s", error)
            return problem(503, "unavailable", "Not available", "Try again in a moment.", retry_after=1)
        if isinstance(error, UnreadablePostError):
            return problem(408, "cut-short", "The body was cut short", "The connection ended before the body did.")
        raise error


def refuse(error: Refusal) -> HttpResponse:
    if isinstance(error, Disturbed):
        return problem(503, "unavailable", "Not available", str(error), retry_after=1)
    status, name, title = REFUSALS[type(error)]
    if isinstance(error, WrongShape):
        return problem(status, name, title, str(error), field=error.field)
    if isinstance(error, TooLarge):
        return problem(status, name, title, str(error), limits=limits())
    found = problem(status, name, title, str(error))
    if status == 401:
        found["WWW-Authenticate"] = "Bearer"
    return found


def refuse_call(error: APIException) -> HttpResponse:
    if isinstance(error, Throttled):
        pause = max(1, ceil(getattr(error, "wait", None) or PAUSE))
        return problem(429, "too-many", "Too many calls", "Wait before the next one.", retry_after=pause)
    if isinstance(error, MethodNotAllowed):
        found = problem(405, "wrong-method", "This method is not used here", str(error.detail))
        found["Allow"] = "POST"
        return found
    if isinstance(error, Frozen):
        return problem(503, "frozen", "Not taking reports", str(error.detail), retry_after=FROZEN_PAUSE)
    return problem(error.status_code, "refused", "The call is not accepted", str(error.detail))
