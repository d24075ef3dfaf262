"""Agents at the door: whose token it is, and whether what it says follows from what was received."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from posture.fleet.models import Installation
from posture.fleet.services.refusals import ClonedHost, UnknownToken
from posture.fleet.services.tokens import digest_of

AUTHENTICATE = """
SELECT i.id, i.host_id, h.interval FROM fleet_installation i JOIN fleet_host h ON h.id = i.host_id
WHERE i.token_digest = %s AND i.revoked_at IS NULL AND h.retired_at IS NULL
"""

LOCK = """
SELECT last_sequence, last_digest, boot_id, previous_boot_id, last_effective_at, span_id
FROM fleet_installation WHERE id = %s AND revoked_at IS NULL FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who called: an enrolled installation that may report. ``interval`` in seconds."""

    installation: UUID
    host: UUID
    interval: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What check-ins and snapshots have in common."""

    sequence: int
    previous_digest: str | None
    digest: str
    boot_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an installation has come: number, digest, boots and effective time of its newest observation.

    ``span`` is the presence span that the next confirmation extends. Before the first observation the number is 0.
    """

    sequence: int
    digest: str
    boot_id: str
    previous_boot_id: str
    effective_at: datetime | None
    span: int | None


def authenticate(*, token: str) -> Agent:
    """The agent with this token; raises UnknownToken. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(AUTHENTICATE, [digest_of(token)])
        row = cursor.fetchone()
    if row is None:
        raise UnknownToken("This token is not known, or it was revoked.")
    return Agent(*row)


def lock_standing(*, agent: Agent) -> Standing:
    """How far the installation has come, its row locked until the end of the transaction.

    Raises UnknownToken when it was revoked a moment ago.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [agent.installation])
        row = cursor.fetchone()
    if row is None:
        raise UnknownToken("This token is not known, or it was revoked.")
    return Standing(*row)


def follows(standing: Standing, seen: Observation) -> bool:
    """Whether an observation can come from the machine that sent the ones before.

    Two machines with one identity number their collections independently, so that sooner or later one of these is true:
    one number with two digests or boots, a previous digest that is not the one received under the previous number, or a
    boot that comes back after another one. A boot cannot come back.
    """
    if seen.sequence < standing.sequence:
        return True  # late: its own number is compared with what is stored under it
    if seen.sequence == standing.sequence:
        return seen.digest == standing.digest and seen.boot_id == standing.boot_id
    if standing.sequence and seen.sequence == standing.sequence + 1:
        chained = seen.previous_digest == standing.digest
    else:
        chained = True
    return chained and (seen.boot_id == standing.boot_id or seen.boot_id != standing.previous_boot_id)


def quarantine(*, agent: Agent, now: datetime) -> ClonedHost:
    """Note that two machines use this identity, for people to see. Gives the refusal to raise after the commit.

    Only what does not follow is refused: the machine whose sequence was received first goes on reporting.
    """
    Installation.objects.filter(pk=agent.installation, quarantined_at=None).update(quarantined_at=now)
    return ClonedHost("Another machine reports under this identity; enrol this one anew.")
