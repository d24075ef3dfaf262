"""The audit log: what people did, in order, for ever."""

from collections.abc import Mapping

from django.utils import timezone

from posture.fleet.models import AuditEntry

COMMAND_LINE = "command line"


def record_action(
    *,
    actor: str,
    action: str,
    subject: str = "",
    details: Mapping[str, object] | None = None,
    address: str | None = None,
) -> AuditEntry:
    """Append one action to the audit log.

    ``actor`` is a user name or ``COMMAND_LINE``; ``action`` a dotted word ("enrolment_key.created"); ``details`` must
    be fit for JSON and free of secrets. Call it in the transaction of the action: neither stands without the other.
    """
    return AuditEntry.objects.create(
        at=timezone.now(),
        actor=actor[:150],
        action=action,
        subject=subject[:200],
        details=dict(details or {}),
        address=address or None,
    )
