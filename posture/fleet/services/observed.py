"""What a host was like at a moment: stored facts, read back."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from django.db import connection, transaction

from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.wire import snapshot as wire

FACTS = msgspec.json.Decoder(wire.Facts)
VOLATILE = msgspec.json.Decoder(wire.Volatile)
AT_A_TIME = 16  # snapshots in memory
KEPT = 32  # some 2 MiB each for a host with 50 containers

READ = """
SELECT s.id, s.installation_id, s.sequence, s.facts_id, s.observed_at, s.volatile, f.body
FROM fleet_snapshot s JOIN fleet_factsbody f ON f.digest = s.facts_id WHERE s.id = %s
"""
# The last snapshot of one host, or of every host that is not retired (of a group and those below it, or of all); hosts
# without one are there too.
LATEST_OF_ALL = """
WITH RECURSIVE wanted AS (
    SELECT id FROM fleet_group WHERE id = %(group)s
    UNION SELECT g.id FROM fleet_group g JOIN wanted w ON g.parent_id = w.id
)
SELECT h.name, s.id, s.installation_id, s.sequence, s.facts_id, s.observed_at, s.volatile, f.body
FROM fleet_host h LEFT JOIN LATERAL (
    SELECT * FROM fleet_snapshot WHERE host_id = h.id ORDER BY effective_at DESC LIMIT 1
) s ON true LEFT JOIN fleet_factsbody f ON f.digest = s.facts_id
WHERE (h.id = %(host)s OR (%(host)s IS NULL AND h.retired_at IS NULL))
    AND (%(group)s IS NULL OR h.group_id IN (SELECT id FROM wanted))
ORDER BY lower(h.name), h.id
"""
LATEST = """
SELECT id, facts_id FROM fleet_snapshot WHERE host_id = %s AND effective_at <= %s ORDER BY effective_at DESC LIMIT 1
"""


def latest_snapshots(
    *, host: UUID | None = None, group: int | None = None
) -> Iterator[tuple[str, wire.Snapshot | None]]:
    """Names of hosts, by name, each with its last snapshot or None; one statement, read a few rows at a time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(LATEST_OF_ALL, {"host": host, "group": group})
        while rows := cursor.fetchmany(AT_A_TIME):
            for name, snapshot, *columns in rows:
                yield name, None if snapshot is None else as_delivered(snapshot, *columns)


def facts_at(*, host: UUID, at: datetime) -> HostFacts | None:
    """The resources of a host as its last snapshot before or at a moment tells, or None before the first one."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [host, at])
        row = cursor.fetchone()
    return None if row is None else facts_of(*row)


@lru_cache(maxsize=KEPT)
def facts_of(snapshot: UUID, digest: str) -> HostFacts:
    """The resources that a stored snapshot, with facts of that digest, tells of. It never changes: remembered."""
    return normalise(read_snapshot(snapshot=snapshot))


def read_snapshot(*, snapshot: UUID) -> wire.Snapshot:
    """A stored snapshot in the shape it came in. What is not kept of an envelope has neutral values."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [snapshot])
        return as_delivered(*cursor.fetchone())


def as_delivered(
    name: UUID, installation: UUID, sequence: int, digest: str, observed_at: datetime, volatile: str, body: bytes
) -> wire.Snapshot:
    """A snapshot of these columns, of which ``volatile`` is JSON and ``body`` compressed."""
    moment = observed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return wire.Snapshot(
        protocol=1,
        id=str(name),
        installation=str(installation),
        sequence=sequence,
        previous_digest=None,
        digest=digest,
        boot_id=str(UUID(int=0)),
        monotonic=0.0,
        observed_at=moment,
        sent_at=moment,
        duration=0.0,
        agent=wire.AgentInfo(Version="", Python="", Interval=300),
        facts=FACTS.decode(zlib.decompress(bytes(body), wbits=31)),
        volatile=VOLATILE.decode(volatile),
        measurements=wire.Measurements(),
    )
