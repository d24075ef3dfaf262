"""Snapshots: stored once, in their place in time, all or nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from posture.fleet.models import Installation
from posture.fleet.services.agents import (
    Agent,
    Clone,
    Observation,
    Standing,
    contradiction,
    lock_standing,
    note_message,
    observation_of,
    quarantine,
)
from posture.fleet.services.delivery import Delivery, Envelope, compress
from posture.fleet.services.headline import EngineLine, engine_lines, host_columns
from posture.fleet.services.hostile_text import fit_json
from posture.fleet.services.numbers import contradicts_known, known_after_all, neighbours, note_arrival, note_jump
from posture.fleet.services.observation_time import TICK, read_moment, settled
from posture.fleet.services.presence import Run, confirm_presence, place_run, silence
from posture.fleet.services.refusals import ClonedHost, WrongShape

KNOWN = """
SELECT id, installation_id, facts_id FROM fleet_snapshot WHERE id = %s OR (installation_id = %s AND sequence = %s)
"""
# Facts once a content, the snapshot, and the wish to advance. A moment at or before what was folded asks the fold to go
# back to it. Nothing is written, and no row given, when another snapshot of the host has this very moment.
KEEP = """
WITH kept AS (
    INSERT INTO fleet_snapshot
        (id, host_id, installation_id, sequence, facts_id, volatile, observed_at, effective_at, received_at,
         estimated)
    VALUES (%(id)s, %(host)s, %(installation)s, %(sequence)s, %(digest)s, %(volatile)s, %(observed_at)s, %(at)s,
            %(now)s, %(estimated)s)
    ON CONFLICT (host_id, effective_at) DO NOTHING RETURNING id
), body AS (
    INSERT INTO fleet_factsbody (digest, body, size, first_stored_at)
    SELECT %(digest)s, %(body)s, %(size)s, %(now)s FROM kept ON CONFLICT DO NOTHING
)
UPDATE fleet_cursor
SET pending = true, rewind_to = CASE WHEN at >= %(at)s THEN LEAST(rewind_to, %(at)s) ELSE rewind_to END
WHERE host_id = %(host)s AND EXISTS (SELECT 1 FROM kept) RETURNING host_id
"""
KEEP_HOST = """
UPDATE fleet_host SET {columns}, state = 'reporting',
    name = CASE WHEN name = hostname THEN %(hostname)s ELSE name END, first_seen_at = LEAST(first_seen_at, %(at)s),
    last_seen_at = GREATEST(last_seen_at, %(now)s), agent_interval = %(interval)s, measurements = %(measurements)s
WHERE id = %(host)s AND NOT EXISTS (SELECT 1 FROM fleet_snapshot WHERE host_id = %(host)s AND effective_at > %(at)s)
RETURNING id
"""
# An engine that does not answer keeps the version that it had: it is one that answered once (see remote/visiting).
KEEP_ENGINES = """
WITH gone AS (DELETE FROM fleet_engine WHERE host_id = %(host)s AND key <> ALL(%(keys)s))
INSERT INTO fleet_engine (host_id, key, kind, version, endpoint, readable, problem)
SELECT %(host)s, * FROM unnest(%(keys)s, %(kinds)s, %(versions)s, %(endpoints)s, %(readable)s, %(problems)s)
ON CONFLICT (host_id, key) DO UPDATE SET kind = EXCLUDED.kind,
    version = COALESCE(NULLIF(EXCLUDED.version, ''), fleet_engine.version),
    endpoint = EXCLUDED.endpoint, readable = EXCLUDED.readable, problem = EXCLUDED.problem
WHERE (fleet_engine.kind, fleet_engine.version, fleet_engine.endpoint, fleet_engine.readable, fleet_engine.problem)
    IS DISTINCT FROM (EXCLUDED.kind, COALESCE(NULLIF(EXCLUDED.version, ''), fleet_engine.version), EXCLUDED.endpoint,
                      EXCLUDED.readable, EXCLUDED.problem)
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """``created`` is False when this snapshot was stored before. The caller enqueues ``host`` after the commit."""

    host: UUID
    snapshot: UUID
    created: bool


def store_snapshot(*, agent: Agent, delivery: Delivery, now: datetime, address: str | None = None) -> Stored:
    """Store one delivery and ask for the ledger to advance; idempotent by id and by number.

    Raises UnknownToken, ClonedHost, WrongShape. Nothing of a refused delivery is kept, except that a clone was seen.
    """
    if str(agent.installation) != delivery.envelope.installation:
        raise WrongShape("This token belongs to another installation.", field="installation")
    seen = observation_of(delivery.envelope, now=now)
    with transaction.atomic():
        outcome = place(agent, delivery, seen, address, now)
    if isinstance(outcome, ClonedHost):
        raise outcome
    return outcome


def place(
    agent: Agent, delivery: Delivery, seen: Observation, address: str | None, now: datetime
) -> Stored | ClonedHost:
    """Within the transaction: find out whether it is new and whose it is, then keep it."""
    envelope = delivery.envelope
    standing = lock_standing(agent=agent)
    if seen.message <= standing.message:
        note_message(agent=agent, standing=standing, message=seen.message, now=now)
    known = stored_before(agent, envelope)
    if known is not None and known[1] == envelope.digest:
        return Stored(host=agent.host, snapshot=known[0], created=False)
    reason = Clone.TWO_WORDS if known is not None else contradiction(standing, seen)
    late = seen.sequence <= standing.sequence
    if reason is None and late:
        number = seen.sequence
        reason = contradicts_known(installation=agent.installation, first=number, last=number, digest=seen.digest)
    if reason is not None:
        return quarantine(agent=agent, reason=reason, address=address, now=now)
    at = keep_late(agent, delivery, standing, seen, now) if late else keep_next(agent, delivery, standing, seen, now)
    if update_host(agent, delivery, at, now):
        keep_engines(agent.host, engine_lines(delivery.facts))
    return Stored(host=agent.host, snapshot=UUID(envelope.id), created=True)


def keep_next(agent: Agent, delivery: Delivery, standing: Standing, seen: Observation, now: datetime) -> datetime:
    """Keep a snapshot after all others; gives its moment."""
    at = settled(seen.seen, after=standing.effective_at, before=None, now=now)
    at = keep(agent, delivery, at, seen.seen.estimated, now)
    note_jump(agent=agent, last=standing.sequence, next_one=seen.sequence, now=now)
    interval = delivery.envelope.agent.Interval
    confirm_presence(agent=agent, standing=standing, seen=seen, at=at, now=now, agent_interval=interval)
    return at


def keep_late(agent: Agent, delivery: Delivery, standing: Standing, seen: Observation, now: datetime) -> datetime:
    """Keep a snapshot that was overtaken, in its place; gives its moment."""
    number = seen.sequence
    after, before = neighbours(agent=agent, first=number, last=number)
    at = settled(seen.seen, after=after, before=before, now=now)
    at = keep(agent, delivery, at, seen.seen.estimated, now)
    note_arrival(agent=agent, first=number, last=number)
    known_after_all(agent=agent, first=number, last=number, from_at=at, to_at=at)
    pause = silence(interval=agent.interval, agent_interval=delivery.envelope.agent.Interval)
    place_run(agent=agent, run=Run(seen.digest, number, number, at, at), pause=pause)
    if seen.digest != standing.digest:
        # It may be the newest snapshot, while other facts hold: the next check-in has to look closely.
        Installation.objects.filter(pk=agent.installation).update(span=None)
    return at


def stored_before(agent: Agent, envelope: Envelope) -> tuple[UUID, str] | None:
    """Id and digest of the snapshot with this id, or with this installation's number."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [envelope.id, agent.installation, envelope.sequence])
        rows = cursor.fetchall()
    if any(installation != agent.installation for _id, installation, _digest in rows):
        raise WrongShape("Another installation delivered a snapshot with this id.", field="id")
    return (rows[0][0], rows[0][2]) if rows else None


def keep(agent: Agent, delivery: Delivery, at: datetime, estimated: bool, now: datetime) -> datetime:
    """Store facts and snapshot at this moment, or at the next one that no other snapshot of the host has; gives it."""
    envelope = delivery.envelope
    values: dict[str, Any] = {
        "id": envelope.id,
        "host": agent.host,
        "installation": agent.installation,
        "sequence": envelope.sequence,
        "digest": envelope.digest,
        "body": compress(delivery.body),
        "size": len(delivery.body),
        "volatile": fit_json(msgspec.json.encode(envelope.volatile)),
        "observed_at": read_moment(envelope.observed_at),
        "estimated": estimated,
        "now": now,
    }
    with connection.cursor() as cursor:
        while True:
            cursor.execute(KEEP, {**values, "at": at})
            if cursor.fetchone() is not None:
                return at
            at += TICK


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
