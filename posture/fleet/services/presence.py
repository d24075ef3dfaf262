"""Presence: over which times a digest was confirmed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from posture.fleet.models import PresenceSpan
from posture.fleet.services.agents import Agent, Observation, Standing

CONFIRM = """
WITH going AS (
    UPDATE fleet_presencespan SET to_at = %(at)s, last_sequence = %(sequence)s
    WHERE id = %(span)s AND digest = %(digest)s AND %(at)s - to_at <= %(pause)s
    RETURNING id
), begun AS (
    INSERT INTO fleet_presencespan
        (host_id, installation_id, digest, from_at, to_at, first_sequence, last_sequence)
    SELECT %(host)s, %(installation)s, %(digest)s, %(at)s, %(at)s, %(sequence)s, %(sequence)s
    WHERE NOT EXISTS (SELECT 1 FROM going)
    RETURNING id
)
UPDATE fleet_installation
SET span_id = (SELECT id FROM going UNION ALL SELECT id FROM begun), last_sequence = %(sequence)s,
    last_digest = %(digest)s, boot_id = %(boot)s, previous_boot_id = %(previous_boot)s,
    last_effective_at = %(at)s, last_received_at = %(now)s
WHERE id = %(installation)s
"""
# A silence of more than this many intervals is shown as a gap.
MISSED = 3


def silence(*, interval: int, agent_interval: int) -> timedelta:
    """The longest pause that does not split a span; the intervals, in seconds, are our wish and the agent's word."""
    return MISSED * timedelta(seconds=max(interval, agent_interval))


def confirm_presence(
    *, agent: Agent, standing: Standing, seen: Observation, at: datetime, now: datetime, agent_interval: int
) -> None:
    """An observation after all others: its span goes on or a new one begins, and the installation has come this far."""
    changed_boot = seen.boot_id != standing.boot_id
    values: dict[str, Any] = {
        "host": agent.host,
        "installation": agent.installation,
        "span": standing.span,
        "digest": seen.digest,
        "sequence": seen.sequence,
        "boot": seen.boot_id,
        "previous_boot": standing.boot_id if changed_boot else standing.previous_boot_id,
        "at": at,
        "now": now,
        "pause": silence(interval=agent.interval, agent_interval=agent_interval),
    }
    with connection.cursor() as cursor:
        cursor.execute(CONFIRM, values)


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
    PresenceSpan.objects.create(
        host_id=host,
        installation_id=installation,
        digest=digest,
        from_at=at,
        to_at=at,
        first_sequence=sequence,
        last_sequence=sequence,
    )
