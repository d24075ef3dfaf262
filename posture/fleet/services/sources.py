"""Who brings a host's facts: its agent, or this server over SSH or TLS. One at a time."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from posture.fleet.models import Host, Installation, InstallationKind, Reach, Source
from posture.fleet.services.audit import record_action


@transaction.atomic
def take_source(
    *, host: UUID, source: Source, reach: UUID | None = None, actor: str, address: str | None = None
) -> bool:
    """From now on this source brings the host's facts; whether it was another one before.

    What the source before was doing stops: collections over any way but ``reach`` are no longer scheduled, and
    installations of the other kind are revoked, so that an agent whose host is now reached over SSH is told to stop.
    Call it in the transaction of the action that makes it so, before that schedules anything.
    """
    found = Host.objects.select_for_update().get(pk=host)
    kept = () if reach is None else (reach,)
    Reach.objects.filter(host=found, scheduled=True).exclude(pk__in=kept).update(scheduled=False, due_at=None)
    if found.source == source:
        return False
    ours = InstallationKind.AGENT if source == Source.AGENT else InstallationKind.REMOTE
    ended = Installation.objects.filter(host=found, revoked_at=None).exclude(kind=ours)
    ended.update(revoked_at=timezone.now())
    record_action(
        actor=actor,
        action="host.source_changed",
        subject=found.name,
        details={"from": found.source, "to": str(source)},
        address=address,
    )
    Host.objects.filter(pk=host).update(source=source)
    return True
