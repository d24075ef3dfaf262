"""New credentials for an installation: asked for by age or by a person, given by the server, in use from the first
message made with them."""

from datetime import datetime

from django.db import transaction

from posture.facts.wire.messages import Request
from posture.fleet.models import Installation
from posture.fleet.services.agents import Agent, lock_standing, note_message
from posture.fleet.services.audit import record_action
from posture.fleet.services.credentials import Credential, make_credential
from posture.fleet.services.refusals import WrongShape


@transaction.atomic
def rotate(*, agent: Agent, said: Request, now: datetime) -> Credential:
    """A fresh token and key beside the ones in use, which hold until the fresh ones are seen.

    The answer may be lost: a second wish gets another pair, and the first one is forgotten. Raises UnknownToken,
    WrongShape.
    """
    hear(agent=agent, said=said, now=now)
    fresh = make_credential()
    Installation.objects.filter(pk=agent.installation).update(
        next_token_digest=fresh.token_digest, next_key_sealed=fresh.key_sealed
    )
    return fresh


@transaction.atomic
def hear(*, agent: Agent, said: Request, now: datetime) -> bool:
    """Take note of a message that is about no collection; whether it is a new one. Raises UnknownToken, WrongShape."""
    if str(agent.installation) != said.installation:
        raise WrongShape("This token belongs to another installation.", field="installation")
    return note_message(agent=agent, standing=lock_standing(agent=agent), message=said.message, now=now)


@transaction.atomic
def ask_for_rotation(*, installation: Installation, actor: str, now: datetime, address: str | None = None) -> None:
    """Have an agent ask for new credentials at its next check-in. Asking twice changes nothing."""
    waiting = Installation.objects.filter(pk=installation.pk, revoked_at=None, rotation_asked_at=None)
    if waiting.update(rotation_asked_at=now):
        record_action(
            actor=actor,
            action="agent_token.rotation_asked",
            subject=installation.host.name,
            details={"installation": str(installation.pk)},
            address=address,
        )
