"""What a host was like at a moment: stored facts, read back."""

import zlib
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from django.db import connection

from posture.facts import snapshot as wire
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts

FACTS = msgspec.json.Decoder(wire.Facts)
VOLATILE = msgspec.json.Decoder(wire.Volatile)
KEPT = 32  # some 2 MiB each for a host with 50 containers

READ = """
SELECT s.id, s.installation_id, s.sequence, s.facts_id, s.observed_at, s.volatile, f.body
FROM fleet_snapshot s JOIN fleet_factsbody f ON f.digest = s.facts_id WHERE s.id = %s
"""
LATEST = """
SELECT id, facts_id FROM fleet_snapshot WHERE host_id = %s AND effective_at <= %s ORDER BY effective_at DESC LIMIT 1
"""


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
        name, installation, sequence, digest, observed_at, volatile, body = cursor.fetchone()
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
