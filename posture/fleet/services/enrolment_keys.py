"""Enrolment keys: they let installations in, a bounded number of times."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from posture.fleet.models import EnrolmentKey, Group, Host
from posture.fleet.services.audit import record_action
from posture.fleet.services.tokens import digest_of, make_secret

PREFIX = "pek_"
SHOWN = 9  # the prefix and five characters: enough to tell keys apart, 30 of 256 bits
LONGEST = timedelta(days=365)
MOST_USES = 100_000


@transaction.atomic
def create_enrolment_key(
    *,
    group: Group,
    actor: str,
    uses: int = 1,
    lifetime: timedelta = timedelta(days=1),
    name: str = "",
    address: str | None = None,
) -> tuple[EnrolmentKey, str]:
    """A new key and its secret, which cannot be shown again. ValueError outside of the limits."""
    if not 1 <= uses <= MOST_USES:
        raise ValueError(f"A key may be used between 1 and {MOST_USES} times.")
    if not timedelta(0) < lifetime <= LONGEST:
        raise ValueError(f"A key may live up to {LONGEST.days} days.")
    secret = make_secret(PREFIX)
    now = timezone.now()
    key = EnrolmentKey.objects.create(
        name=name[:80],
        prefix=secret[:SHOWN],
        digest=digest_of(secret),
        group=group,
        use_limit=uses,
        created_at=now,
        created_by=actor[:150],
        expires_at=now + lifetime,
    )
    record_action(
        actor=actor,
        action="enrolment_key.created",
        subject=str(key),
        details={"group": group.name, "uses": uses, "expires_at": key.expires_at.isoformat()},
        address=address,
    )
    return key, secret


@transaction.atomic
def create_reenrolment_key(*, host: Host, actor: str, address: str | None = None) -> tuple[EnrolmentKey, str]:
    """A key, good for one use within a day, whose installation continues this host; keys of before for it end.

    ValueError when the host is retired, merged or imaginary.
    """
    if host.retired_at is not None or host.merged_into_id is not None or host.is_demo:
        raise ValueError("This host cannot be enrolled again: it is retired or belongs to the demo.")
    for old in EnrolmentKey.objects.filter(host=host, revoked_at=None, used=0):
        revoke_enrolment_key(key=old, actor=actor, address=address)
    name = f"{host.name}"
    key, secret = create_enrolment_key(group=host.group, actor=actor, name=name, address=address)
    EnrolmentKey.objects.filter(pk=key.pk).update(host=host)
    key.host = host
    return key, secret


@transaction.atomic
def revoke_enrolment_key(*, key: EnrolmentKey, actor: str, address: str | None = None) -> None:
    """End a key. Agents that it let in keep their tokens. Revoking twice changes nothing."""
    changed = EnrolmentKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        record_action(actor=actor, action="enrolment_key.revoked", subject=str(key), address=address)
