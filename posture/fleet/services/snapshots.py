"""Snapshots: stored once, in their place in time, all or nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from posture.fleet.services.agents import Agent, Observation, follows, lock_standing, quarantine
from posture.fleet.services.delivery import Delivery, Envelope, compress
from posture.fleet.services.headline import EngineLine, engine_lines, host_columns
from posture.fleet.services.hostile_text import fit_json
from posture.fleet.services.observation_time import TICK, between, corrected, read_moment
from posture.fleet.services.presence import confirm_presence, insert_late
from posture.fleet.services.refusals import ClonedHost, WrongShape

KNOWN = """
SELECT id, installation_id, facts_id FROM fleet_snapshot WHERE id = %s OR (installation_id = %s AND sequence = %s)
"""
NEIGHBOURS = """
SELECT max(effective_at) FILTER (WHERE sequence < %(sequence)s),
       min(effective_at) FILTER (WHERE sequence > %(sequence)s)
FROM fleet_snapshot WHERE installation_id = %(installation)s
"""
# Facts once a content, the snapshot, and the wish to advance. A moment at or before what was folded asks the fold to go
# back to it. Nothing is written, and no row given, when another snapshot of the host has this very moment.
KEEP = """
WITH kept AS (
    INSERT INTO fleet_snapshot
        (id, host_id, installation_id, sequence, facts_id, volatile, observed_at, effective_at, received_at)
    VALUES (%(id)s, %(host)s, %(installation)s, %(sequence)s, %(digest)s, %(volatile)s, %(observed_at)s, %(at)s,
            %(now)s)
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
    standing = lock_standing(agent=agent)
    seen = Observation(envelope.sequence, envelope.previous_digest, envelope.digest, envelope.boot_id)
    known = stored_before(agent, envelope)
    if known is not None and known[1] == envelope.digest:
        return Stored(host=agent.host, snapshot=known[0], created=False)
    if known is not None or not follows(standing, seen):
        return quarantine(agent=agent, now=now)
    late = envelope.sequence < standing.sequence
    after, before = neighbours(agent, envelope) if late else (standing.effective_at, None)
    at = keep(agent, delivery, between(moment, after=after, before=before), now)
    if late:
        insert_late(host=agent.host, installation=agent.installation, digest=seen.digest, sequence=seen.sequence, at=at)
    else:
        interval = envelope.agent.Interval
        confirm_presence(agent=agent, standing=standing, seen=seen, at=at, now=now, agent_interval=interval)
    if update_host(agent, delivery, at, now):
        keep_engines(agent.host, engine_lines(delivery.facts))
    return Stored(host=agent.host, snapshot=UUID(envelope.id), created=True)


def stored_before(agent: Agent, envelope: Envelope) -> tuple[UUID, str] | None:
    """Id and digest of the snapshot with this id, or with this installation's number."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [envelope.id, agent.installation, envelope.sequence])
        rows = cursor.fetchall()
    if any(installation != agent.installation for _id, installation, _digest in rows):
        raise WrongShape("Another installation delivered a snapshot with this id.", field="id")
    return (rows[0][0], rows[0][2]) if rows else None


def neighbours(agent: Agent, envelope: Envelope) -> tuple[datetime | None, datetime | None]:
    """The effective times of the snapshots before and after a late one, by number."""
    with connection.cursor() as cursor:
        cursor.execute(NEIGHBOURS, {"sequence": envelope.sequence, "installation": agent.installation})
        after, before = cursor.fetchone()
    return after, before


def keep(agent: Agent, delivery: Delivery, at: datetime, now: datetime) -> datetime:
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
