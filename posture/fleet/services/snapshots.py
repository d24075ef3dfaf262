"""Snapshots: stored once, in their place in time, all or nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import Max, Min

from posture.fleet.models import Installation, Snapshot
from posture.fleet.services.agents import Agent, Observation, follows, lock_installation, quarantine
from posture.fleet.services.delivery import Delivery, Envelope, compress
from posture.fleet.services.headline import EngineLine, engine_lines, host_columns
from posture.fleet.services.hostile_text import fit_json
from posture.fleet.services.observation_time import TICK, between, corrected, read_moment
from posture.fleet.services.presence import extend_or_begin, insert_late, silence
from posture.fleet.services.refusals import ClonedHost, WrongShape

NEIGHBOURHOOD = timedelta(milliseconds=1)
KEEP_BODY = """
INSERT INTO fleet_factsbody (digest, body, size, first_stored_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
KEEP_SNAPSHOT = """
INSERT INTO fleet_snapshot
    (id, host_id, installation_id, sequence, facts_id, volatile, observed_at, effective_at, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
# A moment at or before what was folded asks the fold to go back to it.
ASK_TO_ADVANCE = """
UPDATE fleet_cursor
SET pending = true, rewind_to = CASE WHEN at >= %(at)s THEN LEAST(rewind_to, %(at)s) ELSE rewind_to END
WHERE host_id = %(host)s
"""
KEEP_HOST = """
UPDATE fleet_host SET {columns}, state = 'reporting',
    name = CASE WHEN name = hostname THEN %(hostname)s ELSE name END, first_seen_at = LEAST(first_seen_at, %(at)s),
    last_seen_at = GREATEST(last_seen_at, %(now)s), agent_interval = %(interval)s, measurements = %(measurements)s
WHERE id = %(host)s AND NOT EXISTS (SELECT 1 FROM fleet_snapshot WHERE host_id = %(host)s AND effective_at > %(at)s)
RETURNING id
"""
KEEP_ENGINES = """
WITH gone AS (DELETE FROM fleet_engine WHERE host_id = %(host)s AND key <> ALL(%(keys)s))
INSERT INTO fleet_engine (host_id, key, kind, version, endpoint, readable, problem)
SELECT %(host)s, * FROM unnest(%(keys)s, %(kinds)s, %(versions)s, %(endpoints)s, %(readable)s, %(problems)s)
ON CONFLICT (host_id, key) DO UPDATE SET kind = EXCLUDED.kind, version = EXCLUDED.version,
    endpoint = EXCLUDED.endpoint, readable = EXCLUDED.readable, problem = EXCLUDED.problem
WHERE (fleet_engine.kind, fleet_engine.version, fleet_engine.endpoint, fleet_engine.readable, fleet_engine.problem)
    IS DISTINCT FROM (EXCLUDED.kind, EXCLUDED.version, EXCLUDED.endpoint, EXCLUDED.readable, EXCLUDED.problem)
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """``created`` is False when this snapshot was stored before. The caller enqueues ``host`` after the commit."""

    host: UUID
    snapshot: UUID
    created: bool


def store_snapshot(*, agent: Agent, delivery: Delivery, now: datetime) -> Stored:
    """Store one delivery and ask for the ledger to advance; idempotent by id and by number.

    Raises UnknownToken, ClonedHost, WrongShape. Nothing of a refused delivery is kept, except that a clone was seen.
    """
    envelope = delivery.envelope
    if str(agent.installation) != envelope.installation:
        raise WrongShape("This token belongs to another installation.", field="installation")
    observed_at = observation_moment(envelope, now)
    with transaction.atomic():
        outcome = place(agent, delivery, observed_at, now)
    if isinstance(outcome, ClonedHost):
        raise outcome
    return outcome


def observation_moment(envelope: Envelope, now: datetime) -> datetime:
    """When the agent looked, on our clock."""
    try:
        observed_at, sent_at = read_moment(envelope.observed_at), read_moment(envelope.sent_at)
    except ValueError as error:
        raise WrongShape("This is no moment.", field="observed_at") from error
    return corrected(observed_at=observed_at, sent_at=sent_at, now=now)


def place(agent: Agent, delivery: Delivery, moment: datetime, now: datetime) -> Stored | ClonedHost:
    """Within the transaction: find out whether it is new and whose it is, then keep it."""
    envelope = delivery.envelope
    installation = lock_installation(agent=agent)
    seen = Observation(envelope.sequence, envelope.previous_digest, envelope.digest, envelope.boot_id)
    known = stored_before(installation, envelope)
    if known is not None:
        if known.installation_id != agent.installation:
            raise WrongShape("Another installation delivered a snapshot with this id.", field="id")
        if known.facts_id == envelope.digest:
            return Stored(host=agent.host, snapshot=known.pk, created=False)
    if known is not None or not follows(installation, seen):
        return quarantine(installation=installation, now=now)
    at = free_moment(agent, installation, envelope.sequence, moment)
    keep(agent, delivery, at, now)
    note_presence(agent, installation, envelope, at, now)
    newest = update_host(agent, delivery, at, now)
    if newest:
        keep_engines(agent.host, engine_lines(delivery.facts))
    with connection.cursor() as cursor:
        cursor.execute(ASK_TO_ADVANCE, {"at": at, "host": agent.host})
    return Stored(host=agent.host, snapshot=UUID(envelope.id), created=True)


def stored_before(installation: Installation, envelope: Envelope) -> Snapshot | None:
    """The snapshot with this id, or with this installation's number."""
    same_id = Snapshot.objects.filter(pk=envelope.id)
    same_number = Snapshot.objects.filter(installation=installation, sequence=envelope.sequence)
    return (same_id | same_number).only("id", "installation_id", "facts_id").order_by("sequence").first()


def free_moment(agent: Agent, installation: Installation, sequence: int, moment: datetime) -> datetime:
    """The moment between its neighbours of the sequence, and one that no other snapshot of the host has."""
    after, before = installation.last_effective_at, None
    if sequence < installation.last_sequence:
        ours = Snapshot.objects.filter(installation=installation)
        after = ours.filter(sequence__lt=sequence).aggregate(moment=Max("effective_at"))["moment"]
        before = ours.filter(sequence__gt=sequence).aggregate(moment=Min("effective_at"))["moment"]
    moment = between(moment, after=after, before=before)
    near = Snapshot.objects.filter(host=agent.host, effective_at__range=(moment, moment + NEIGHBOURHOOD))
    taken = set(near.values_list("effective_at", flat=True))
    while moment in taken:
        moment += TICK
    return moment


def keep(agent: Agent, delivery: Delivery, at: datetime, now: datetime) -> None:
    """Store the facts, once a content, and the snapshot."""
    envelope = delivery.envelope
    volatile = fit_json(msgspec.json.encode(envelope.volatile))
    with connection.cursor() as cursor:
        cursor.execute(KEEP_BODY, [envelope.digest, compress(delivery.body), len(delivery.body), now])
        names = (envelope.id, agent.host, agent.installation, envelope.sequence, envelope.digest, volatile)
        cursor.execute(KEEP_SNAPSHOT, [*names, read_moment(envelope.observed_at), at, now])


def note_presence(agent: Agent, installation: Installation, envelope: Envelope, at: datetime, now: datetime) -> None:
    """Extend the host's presence and remember how far the sequence has come."""
    if envelope.sequence <= installation.last_sequence:
        insert_late(
            host=agent.host,
            installation=agent.installation,
            digest=envelope.digest,
            sequence=envelope.sequence,
            at=at,
        )
        return
    installation.span = extend_or_begin(
        host=agent.host,
        installation=agent.installation,
        span=installation.span,
        digest=envelope.digest,
        sequence=envelope.sequence,
        at=at,
        pause=silence(interval=agent.interval, agent_interval=envelope.agent.Interval),
    )
    if envelope.boot_id != installation.boot_id:
        installation.previous_boot_id, installation.boot_id = installation.boot_id, envelope.boot_id
    installation.last_sequence, installation.last_digest = envelope.sequence, envelope.digest
    installation.last_effective_at, installation.last_received_at = at, now
    installation.save()


def update_host(agent: Agent, delivery: Delivery, at: datetime, now: datetime) -> bool:
    """Write the headline of the host, where this is its newest snapshot; whether it is."""
    envelope = delivery.envelope
    columns = host_columns(delivery.facts, envelope.agent)
    names = ", ".join(f"{name} = %({name})s" for name in columns)
    values: dict[str, Any] = {
        **columns,
        "host": agent.host,
        "at": at,
        "now": now,
        "interval": envelope.agent.Interval,
        "measurements": msgspec.json.encode(envelope.measurements).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP_HOST.replace("{columns}", names), values)
        return cursor.fetchone() is not None


def keep_engines(host: UUID, lines: list[EngineLine]) -> None:
    """The host's engines are these; rows that are right already are not written."""
    values: dict[str, Any] = {
        "host": host,
        "keys": [one.key for one in lines],
        "kinds": [one.kind for one in lines],
        "versions": [one.version for one in lines],
        "endpoints": [one.endpoint for one in lines],
        "readable": [one.readable for one in lines],
        "problems": [one.problem for one in lines],
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP_ENGINES, values)
