"""Presence: over which times a digest was confirmed.

A span is a run of neighbouring numbers that confirmed one digest, none more than three intervals after the one before.
So the spans are the same in whatever order and pieces the numbers came.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from posture.fleet.models import PresenceSpan
from posture.fleet.services.agents import Agent, Observation, Standing

CONFIRM = """
WITH going AS (
    UPDATE fleet_presencespan SET to_at = %(at)s, last_sequence = %(sequence)s
    WHERE id = %(span)s AND digest = %(digest)s AND %(at)s - to_at <= %(pause)s AND last_sequence + 1 = %(sequence)s
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
    last_effective_at = %(at)s, last_received_at = %(now)s, last_link = %(link)s,
    last_message = GREATEST(last_message, %(message)s)
WHERE id = %(installation)s
"""
# A silence of more than this many intervals is shown as a gap.
MISSED = 3


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring numbers that confirmed one digest, and when the first and the last of them did."""

    digest: str
    first: int
    last: int
    from_at: datetime
    to_at: datetime


def silence(*, interval: int, agent_interval: int) -> timedelta:
    """The longest pause that does not split a span; the intervals, in seconds, are our wish and the agent's word."""
    return MISSED * timedelta(seconds=max(interval, agent_interval))


def confirm_presence(
    *, agent: Agent, standing: Standing, seen: Observation, at: datetime, now: datetime, agent_interval: int
) -> None:
    """An observation after all others: its span goes on or a new one begins, and the installation has come this far."""
    span = standing.span
    if span is None and standing.sequence:
        spans = PresenceSpan.objects.filter(installation=agent.installation, last_sequence=standing.sequence)
        span = spans.values_list("pk", flat=True).first()
    changed_boot = seen.boot_id != standing.boot_id
    values: dict[str, Any] = {
        "host": agent.host,
        "installation": agent.installation,
        "span": span,
        "digest": seen.digest,
        "sequence": seen.sequence,
        "boot": seen.boot_id,
        "previous_boot": standing.boot_id if changed_boot else standing.previous_boot_id,
        "at": at,
        "now": now,
        "pause": silence(interval=agent.interval, agent_interval=agent_interval),
        "link": seen.link,
        "message": seen.message,
    }
    with connection.cursor() as cursor:
        cursor.execute(CONFIRM, values)


def place_run(*, agent: Agent, run: Run, pause: timedelta) -> PresenceSpan:
    """Put a run in its place, joined with the spans it overlaps or follows without a pause; gives its span."""
    whole = [one for one in touching(agent, run) if joins(one, run, pause)]
    # The latest keeps its row: the installation may point at it.
    kept = max(whole, key=lambda one: one.last_sequence) if whole else PresenceSpan(digest=run.digest)
    kept.host_id, kept.installation_id = agent.host, agent.installation
    kept.first_sequence = min([run.first, *(one.first_sequence for one in whole)])
    kept.last_sequence = max([run.last, *(one.last_sequence for one in whole)])
    kept.from_at = min([run.from_at, *(one.from_at for one in whole)])
    kept.to_at = max([run.to_at, *(one.to_at for one in whole)])
    kept.save()
    PresenceSpan.objects.filter(pk__in=[one.pk for one in whole if one.pk != kept.pk]).delete()
    return kept


def touching(agent: Agent, run: Run) -> list[PresenceSpan]:
    """The spans of the same digest that share a number with a run or are next to it."""
    near = Q(first_sequence__lte=run.last + 1, last_sequence__gte=run.first - 1)
    return list(PresenceSpan.objects.filter(near, installation_id=agent.installation, digest=run.digest))


def joins(span: PresenceSpan, run: Run, pause: timedelta) -> bool:
    """Whether a span and a run are one: they share a number, or no more than a pause lies between them."""
    if span.last_sequence < run.first:
        return run.from_at - span.to_at <= pause
    if span.first_sequence > run.last:
        return span.from_at - run.to_at <= pause
    return True
