"""The agents' calls. Thin: limits, shape, service, answer."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from posture.fleet.models import Host
from posture.fleet.services.agents import authenticate
from posture.fleet.services.check_in import CheckedIn, check_in
from posture.fleet.services.delivery import (
    open_delivery,
    read_check_in,
    read_enrolment,
    read_hello,
    read_passages,
    read_rotation,
)
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.hello import take_hello
from posture.fleet.services.passages import take_passages
from posture.fleet.services.refusals import AlreadyEnrolled, KeyRefused, WrongShape
from posture.fleet.services.rotation import rotate
from posture.fleet.services.snapshots import store_snapshot
from posture.fleet.tasks import advance_soon
from posture.ingest.body import read_body
from posture.ingest.door import Door, answer, limits
from posture.ingest.message import caller, read_message
from posture.ingest.problems import problem
from posture.ingest.rates import admit, charge, count_refusal

PASSAGES = 512 * 1024  # bytes, expanded or not


def moment(at: datetime) -> str:
    """A moment as it travels, for the agent's clock to be compared with."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def address_of(request: Request) -> str:
    return BaseThrottle().get_ident(request)


class EnrolView(Door):
    """``POST /api/v1/agent/enrol``"""

    def post(self, request: Request) -> HttpResponse:
        network = caller(request._request)
        admit(network)
        enrolment, now = read_enrolment(body=read_body(request._request)), timezone.now()
        try:
            made = enrol(enrolment=enrolment, now=now, address=address_of(request))
        except (KeyRefused, AlreadyEnrolled):
            count_refusal(network)  # guessing a key of 256 bits is hopeless, and need not cost us
            raise
        told = {"host": str(made.host), "token": made.token, "key": made.key, "interval": made.interval}
        return answer(201, {**told, "limits": limits(), "now": moment(now)})


class CheckInView(Door):
    """``POST /api/v1/agent/check-in``"""

    def post(self, request: Request) -> HttpResponse:
        now = timezone.now()
        token, body = read_message(request._request, now)
        try:
            said = read_check_in(body=body)
        except WrongShape:
            authenticate(token=token, now=now)  # a stranger learns nothing about shapes
            raise
        met = check_in(token=token, check_in=said, now=now, address=address_of(request))
        return answer(200, told_to(met, now))


def told_to(met: CheckedIn, now: datetime) -> dict[str, object]:
    """The answer to a check-in; what is not said is no, so that it stays short."""
    told: dict[str, object] = {
        "deliver": met.deliver,
        "interval": met.interval,
        "limits": limits(),
        "now": moment(now),
    }
    if met.daily_bytes is not None:
        told["daily_bytes"] = met.daily_bytes
    return told | {name: True for name in ("collect", "rotate") if getattr(met, name)}


class SnapshotView(Door):
    """``POST /api/v1/agent/snapshots``"""

    def post(self, request: Request) -> HttpResponse:
        now = timezone.now()
        largest = {"compressed": settings.INGEST_MAX_COMPRESSED, "expanded": settings.INGEST_MAX_EXPANDED}
        token, body = read_message(request._request, now, **largest)
        agent = authenticate(token=token, now=now)
        stored = store_snapshot(agent=agent, delivery=open_delivery(body=body), now=now, address=address_of(request))
        if stored.created:
            advance_soon(host=stored.host)
        told = {"id": str(stored.snapshot), "limits": limits(), "now": moment(now)}
        return answer(201 if stored.created else 200, told)


class PassagesView(Door):
    """``POST /api/v1/agent/passages``"""

    def post(self, request: Request) -> HttpResponse:
        now = timezone.now()
        token, body = read_message(request._request, now, compressed=PASSAGES, expanded=PASSAGES)
        agent, said = authenticate(token=token, now=now), read_passages(body=body)
        charge(agent.installation, len(said.passages) - 1)  # each may become a row, as a call of its own
        take_passages(agent=agent, said=said, now=now, address=address_of(request))
        return answer(200, {"limits": limits(), "now": moment(now)})


class HelloView(Door):
    """``POST /api/v1/agent/hello``"""

    def post(self, request: Request) -> HttpResponse:
        now = timezone.now()
        token, body = read_message(request._request, now)
        agent = authenticate(token=token, now=now)
        take_hello(agent=agent, said=read_hello(body=body), now=now)
        name = Host.objects.values_list("name", flat=True).get(pk=agent.host)
        return answer(200, {"host": name, "settings": {"interval": agent.interval}, "now": moment(now)})


class RotateView(Door):
    """``POST /api/v1/agent/rotate``"""

    def post(self, request: Request) -> HttpResponse:
        now = timezone.now()
        token, body = read_message(request._request, now)
        fresh = rotate(agent=authenticate(token=token, now=now), said=read_rotation(body=body), now=now)
        return answer(200, {"token": fresh.token, "key": fresh.key_text, "now": moment(now)})


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below ``/api/v1/agent/``."""
    return problem(404, "not-found", "There is nothing here", "The protocol has no such call.")
