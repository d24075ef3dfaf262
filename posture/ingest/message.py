"""A message of an enrolled agent: whose it is, whether it may come, and whether it is genuine, before it is opened."""

from datetime import datetime

from django.http import HttpRequest

from posture.fleet.networks import network_of
from posture.fleet.services.credentials import Sender, is_genuine, is_met, note_forgery, sender_of
from posture.fleet.services.delivery import expand
from posture.fleet.services.refusals import UnknownToken
from posture.ingest.body import SMALL, read_sent
from posture.ingest.rates import PIECE, admit, charge, count_refusal, spare


def read_token(request: HttpRequest) -> str:
    """The bearer token; raises UnknownToken when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnknownToken("Send the token as Authorization: Bearer TOKEN.")
    return token.strip()


def read_message(
    request: HttpRequest, now: datetime, *, compressed: int = SMALL, expanded: int = SMALL
) -> tuple[str, bytes]:
    """Token and expanded body of an enrolled agent's message, authenticated and counted before it is opened.

    Raises UnknownToken, Forged, Throttled and what ``read_body`` raises.
    """
    token = read_token(request)
    sender = meet(request, token)  # nothing is read for a stranger
    spare(sender.installation)
    body, zipped = read_sent(request, compressed=compressed, expanded=expanded)
    if not is_genuine(key=sender.key, path=request.path_info, body=body, mac=request.headers.get("Posture-Mac", "")):
        count_refusal(caller(request))
        raise note_forgery(token=token, now=now)
    charge(sender.installation)
    opened = expand(body=body, limit=expanded) if zipped else body
    charge(sender.installation, len(opened) // PIECE)
    return token, opened


def meet(request: HttpRequest, token: str) -> Sender:
    """Whose token it is. Raises UnknownToken, and Throttled where the same network guesses too much: an agent that this
    process has met is not concerned."""
    if not is_met(token=token):
        admit(caller(request))
    try:
        return sender_of(token=token)
    except UnknownToken:
        count_refusal(caller(request))
        raise


def caller(request: HttpRequest) -> str:
    """What who calls is counted by; whoever comes by a socket of this machine has no address."""
    try:
        return network_of(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "here"
