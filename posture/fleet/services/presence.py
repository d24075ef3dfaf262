"""Presence: over which times a digest was confirmed."""

from datetime import datetime, timedelta
from uuid import UUID

from posture.fleet.models import PresenceSpan

# A silence of more than this many intervals is shown as a gap.
MISSED = 3


def silence(*, interval: int, agent_interval: int) -> timedelta:
    """The longest pause that does not split a span; the intervals, in seconds, are our wish and the agent's word."""
    return MISSED * timedelta(seconds=max(interval, agent_interval))


def extend_or_begin(
    *,
    host: UUID,
    installation: UUID,
    span: PresenceSpan | None,
    digest: str,
    sequence: int,
    at: datetime,
    pause: timedelta,
) -> PresenceSpan:
    """Confirm a digest at a moment after all others: the span goes on, or a new one begins."""
    if span is not None and span.digest == digest and at - span.to_at <= pause:
        span.to_at, span.last_sequence = at, sequence
        span.save(update_fields=["to_at", "last_sequence"])
        return span
    return PresenceSpan.objects.create(
        host_id=host,
        installation_id=installation,
        digest=digest,
        from_at=at,
        to_at=at,
        first_sequence=sequence,
        last_sequence=sequence,
    )


def insert_late(*, host: UUID, installation: UUID, digest: str, sequence: int, at: datetime) -> None:
    """Put a late confirmation in its place. Where it contradicts a span around it, that span is split there."""
    around = PresenceSpan.objects.filter(
        installation_id=installation, first_sequence__lt=sequence, last_sequence__gt=sequence
    ).first()
    if around is not None and around.digest == digest:
        return
    if around is not None:
        PresenceSpan.objects.create(
            host_id=host,
            installation_id=installation,
            digest=around.digest,
            from_at=around.from_at,
            to_at=max(around.from_at, min(at, around.to_at)),
            first_sequence=around.first_sequence,
            last_sequence=sequence - 1,
        )
        # The later part keeps the row: the installation may point at it.
        around.from_at = min(max(at, around.from_at), around.to_at)
        around.first_sequence = sequence + 1
        around.save(update_fields=["from_at", "first_sequence"])
    extend_or_begin(
        host=host, installation=installation, span=None, digest=digest, sequence=sequence, at=at, pause=timedelta(0)
    )
