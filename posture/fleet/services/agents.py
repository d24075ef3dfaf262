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


def authenticate(*, token: str) -> Agent:
    """The agent with this token; raises UnknownToken. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(AUTHENTICATE, [digest_of(token)])
        row = cursor.fetchone()
    if row is None:
        raise UnknownToken("This token is not known, or it was revoked.")
    return Agent(*row)


def lock_installation(*, agent: Agent) -> Installation:
    """The installation's row, locked until the end of the transaction; raises UnknownToken when it was just revoked."""
    installation = Installation.objects.select_for_update().filter(pk=agent.installation, revoked_at=None).first()
    if installation is None:
        raise UnknownToken("This token is not known, or it was revoked.")
    return installation


def follows(installation: Installation, seen: Observation) -> bool:
    """Whether an observation can come from the machine that sent the ones before.

    Two machines with one identity number their collections independently, so that sooner or later one of these is true:
    one number with two digests or boots, a previous digest that is not the one received under the previous number, or a
    boot that comes back after another one. A boot cannot come back.
    """
    if seen.sequence < installation.last_sequence:
        return True  # late: its own number is compared with what is stored under it
    if seen.sequence == installation.last_sequence:
        return seen.digest == installation.last_digest and seen.boot_id == installation.boot_id
    if installation.last_sequence and seen.sequence == installation.last_sequence + 1:
        chained = seen.previous_digest == installation.last_digest
    else:
        chained = True
    return chained and (seen.boot_id == installation.boot_id or seen.boot_id != installation.previous_boot_id)


def quarantine(*, installation: Installation, now: datetime) -> ClonedHost:
    """Note that two machines use this identity, for people to see. Gives the refusal to raise after the commit.

    Only what does not follow is refused: the machine whose sequence was received first goes on reporting.
    """
    Installation.objects.filter(pk=installation.pk, quarantined_at=None).update(quarantined_at=now)
    return ClonedHost("Another machine reports under this identity; enrol this one anew.")
