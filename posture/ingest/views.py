"""The agents' three calls. Thin: limits, shape, service, answer."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle
from rest_framework.views import APIView

from posture.fleet.services.agents import authenticate
from posture.fleet.services.check_in import check_in
from posture.fleet.services.delivery import open_delivery, read_check_in, read_enrolment
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.refusals import WrongShape
from posture.fleet.services.snapshots import store_snapshot
from posture.fleet.tasks import advance_soon
from posture.ingest.door import Door, answer, limits, read_body, read_token
from posture.ingest.problems import problem


class EnrolThrottle(SimpleRateThrottle):
    """So many attempts to enrol from one address: guessing a key of 256 bits is hopeless, and need not cost us."""

    scope = "enrol"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle-enrol-{self.get_ident(request)}"


class EnrolView(Door):
    """``POST /api/v1/agent/enrol``"""

    throttle_classes = (EnrolThrottle,)

    def post(self, request: Request) -> HttpResponse:
        enrolment = read_enrolment(body=read_body(request._request))
        address = BaseThrottle().get_ident(request)
        made = enrol(enrolment=enrolment, now=timezone.now(), address=address)
        told = {"host": str(made.host), "token": made.token, "interval": made.interval, "limits": limits()}
        return answer(201, told)


class CheckInView(Door):
    """``POST /api/v1/agent/check-in``"""

    def post(self, request: Request) -> HttpResponse:
        token = read_token(request._request)
        body = read_body(request._request)
        try:
            said = read_check_in(body=body)
        except WrongShape:
            authenticate(token=token)  # a stranger learns nothing about shapes
            raise
        met = check_in(token=token, check_in=said, now=timezone.now())
        return answer(200, {"deliver": met.deliver, "interval": met.interval, "limits": limits()})


class SnapshotView(Door):
    """``POST /api/v1/agent/snapshots``"""

    def post(self, request: Request) -> HttpResponse:
        agent = authenticate(token=read_token(request._request))
        largest = {"compressed": settings.INGEST_MAX_COMPRESSED, "expanded": settings.INGEST_MAX_EXPANDED}
        delivery = open_delivery(body=read_body(request._request, **largest))
        stored = store_snapshot(agent=agent, delivery=delivery, now=timezone.now())
        if stored.created:
            advance_soon(host=stored.host)
        return answer(201 if stored.created else 200, {"id": str(stored.snapshot), "limits": limits()})


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below ``/api/v1/agent/``."""
    return problem(404, "not-found", "There is nothing here", "The protocol has no such call.")
