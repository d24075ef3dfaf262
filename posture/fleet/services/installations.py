"""Agents' tokens."""

from django.db import transaction
from django.utils import timezone

from posture.fleet.models import Installation
from posture.fleet.services.audit import record_action


@transaction.atomic
def revoke_installation(*, installation: Installation, actor: str, address: str | None) -> None:
    """End an agent's token: its next call is refused. Its host and history stay. Revoking twice changes nothing."""
    changed = Installation.objects.filter(pk=installation.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        record_action(
            actor=actor,
            action="installation.revoked",
            subject=installation.host.name,
            details={"installation": str(installation.pk)},
            address=address,
        )
