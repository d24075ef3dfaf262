"""Who may ask for how much at the agents' door."""

from uuid import UUID

from django.conf import settings
from rest_framework.exceptions import Throttled

from posture.ingest.allowance import Allowance, Bounds

PIECE = 128 * 1024  # bytes of an expanded body that cost as much as a call


def agent_bounds() -> Bounds:
    return Bounds(rate=settings.AGENT_RATE, burst=max(1, settings.AGENT_BURST))


def refusal_bounds() -> Bounds:
    return Bounds(rate=settings.REFUSAL_RATE, burst=settings.REFUSAL_RATE)


# By installation, not by token: whoever renews the token gets no second allowance. Only authenticated messages are
# counted, so that nobody else can use it up.
AGENTS = Allowance("agent", agent_bounds)
# By network: made-up tokens, wrong codes, wrong enrolment keys, enrolments of who is enrolled.
REFUSALS = Allowance("refusal", refusal_bounds)


def admit(network: str) -> None:
    """Let a network be asked who it is, unless it was refused too often; raises Throttled. Asks nobody."""
    stop_for(REFUSALS.wait(network))


def count_refusal(network: str) -> None:
    """Somebody there had no business here; raises Throttled where that happened too often."""
    stop_for(REFUSALS.take(network))


def spare(installation: UUID) -> None:
    """Raise Throttled where this process knows that the installation has used up what it may; asks nobody."""
    stop_for(AGENTS.wait(str(installation)))


def charge(installation: UUID, units: int = 1) -> None:
    """Take units of what an installation may; raises Throttled."""
    if units:
        stop_for(AGENTS.take(str(installation), units))


def stop_for(pause: float) -> None:
    """Raise Throttled where there are seconds to wait."""
    if pause > 0:
        raise Throttled(wait=pause)
