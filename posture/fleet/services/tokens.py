"""Secrets of agents: random, shown once, kept as a SHA-256 (256 bits of randomness need no salt)."""

import hashlib
import secrets

from django.db import transaction
from django.utils import timezone

from posture.fleet.models import Installation
from posture.fleet.services.audit import record_action


def make_secret(prefix: str) -> str:
    """256 random bits as text, with a prefix that tells people and secret scanners what it is."""
    return f"{prefix}{secrets.token_urlsafe(32)}"


def digest_of(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def revoke_installation(*, installation: Installation, actor: str, address: str | None = None) -> None:
    """End an agent's access. Revoking twice changes nothing."""
    changed = Installation.objects.filter(pk=installation.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        record_action(
            actor=actor,
            action="agent_token.revoked",
            subject=installation.host.name,
            details={"installation": str(installation.pk)},
            address=address,
        )
