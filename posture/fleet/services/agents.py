"""Agents at the door: whose token it is, and whether what it says follows from what was received."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F

from posture.facts.chain import link_tail, next_link
from posture.facts.wire.snapshot import Message
from posture.fleet.models import Installation
from posture.fleet.services.credentials import forget
from posture.fleet.services.observation_time import TOLERATED, Seen, corrected, read_moment
from posture.fleet.services.refusals import ClonedHost, Disturbed, UnknownToken, WrongShape
from posture.fleet.services.tokens import digest_of

AUTHENTICATE = """
SELECT i.id, i.host_id, h.interval, h.daily_bytes, i.rotation_asked_at IS NOT NULL OR i.credential_at < %(old)s,
       i.token_digest <> %(token)s AS fresh
FROM fleet_installation i JOIN fleet_host h ON h.id = i.host_id
WHERE (i.token_digest = %(token)s OR i.next_token_digest = %(token)s) AND i.revoked_at IS NULL AND h.retired_at IS NULL
"""
# The first message with new credentials ends the old ones.
PROMOTE = """
UPDATE fleet_installation SET token_digest = next_token_digest, key_sealed = next_key_sealed, credential_at = %(now)s,
    next_token_digest = NULL, next_key_sealed = '', rotation_asked_at = NULL
WHERE id = %(installation)s AND next_token_digest = %(token)s
"""
LOCK = """
SELECT host_id, last_sequence, last_digest, boot_id, previous_boot_id, last_effective_at, span_id, last_link,
       last_message
FROM fleet_installation WHERE id = %s AND revoked_at IS NULL FOR NO KEY UPDATE
"""


class Clone(StrEnum):
    """Why what came cannot be of the machine that was there first."""

    TWO_WORDS = "two_words"  # one number with two digests, boots or links
    BROKEN_CHAIN = "broken_chain"  # the next number, and not tied to the one before
    BOOT_RETURNED = "boot_returned"  # a boot that comes back after another one
    WENT_BACK = "went_back"  # a new observation under an old number: a disk was restored or copied


@dataclass(frozen=True, slots=True)
class Agent:
    """Who called: an enrolled installation that may report. ``interval`` in seconds; ``daily_bytes``: its budget of a
    day; ``rotate``: its token is old."""

    installation: UUID
    host: UUID
    interval: int
    daily_bytes: int | None = None
    rotate: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What check-ins and snapshots have in common, and when that was on our clock."""

    sequence: int
    previous_digest: str | None
    digest: str
    boot_id: str
    message: int
    link: str
    tail: str
    seen: Seen
    fresh_at: datetime | None  # by the agent's own clock, where it is right and the age is known


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
    link: str
    message: int


def oldest_credential(now: datetime) -> datetime:
    """Tokens and keys in use since before this moment are to be replaced."""
    return now - timedelta(days=settings.TOKEN_DAYS)


def authenticate(*, token: str, now: datetime) -> Agent:
    """The agent with this token; raises UnknownToken. One statement, two when a new token comes into use."""
    digest = digest_of(token)
    with connection.cursor() as cursor:
        cursor.execute(AUTHENTICATE, {"token": digest, "old": oldest_credential(now)})
        row = cursor.fetchone()
        if row is None:
            forget(token=token)
            raise UnknownToken("This token is not known, or it was revoked.")
        installation, host, interval, budget, rotate, is_next = row
        if is_next:
            cursor.execute(PROMOTE, {"installation": installation, "token": digest, "now": now})
    return Agent(installation, host, interval, budget, rotate and not is_next)


def observation_of(message: Message, *, now: datetime) -> Observation:
    """What a message says about one collection; raises WrongShape when its moments are none, or when it has no number
    and link of its own, which a snapshot that ``posture-agent collect`` prints does without."""
    if message.link is None or not message.message:
        raise WrongShape("A message has a number and a link.", field="message" if message.link else "link")
    try:
        observed_at, sent_at = read_moment(message.observed_at), read_moment(message.sent_at)
    except ValueError as error:
        raise WrongShape("This is no moment.", field="observed_at") from error
    believed = message.age is not None and abs(sent_at - now) <= TOLERATED
    return Observation(
        sequence=message.sequence,
        previous_digest=message.previous_digest,
        digest=message.digest,
        boot_id=message.boot_id,
        message=message.message,
        link=message.link,
        tail=link_tail(
            sequence=message.sequence, digest=message.digest, boot_id=message.boot_id, observed_at=message.observed_at
        ),
        seen=corrected(observed_at=observed_at, sent_at=sent_at, age=message.age, now=now),
        fresh_at=sent_at - timedelta(seconds=message.age or 0) if believed else None,
    )


def lock_standing(*, agent: Agent) -> Standing:
    """How far the installation has come, its row locked until the end of the transaction.

    Raises UnknownToken when it was revoked a moment ago, Disturbed when its host was merged a moment ago.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [agent.installation])
        row = cursor.fetchone()
    if row is None:
        raise UnknownToken("This token is not known, or it was revoked.")
    if row[0] != agent.host:
        raise Disturbed("The host was merged with another one at this moment.")
    return Standing(*row[1:])


def contradiction(standing: Standing, seen: Observation) -> Clone | None:
    """Why an observation cannot come from the machine that sent the ones before; None when it can.

    Two machines with one identity number their collections independently, so that sooner or later one number has two
    digests or links, the next one is not tied to the one before, or a boot comes back after another one. A machine
    whose disk was restored numbers new collections with old numbers; what merely comes late or twice was observed
    before the newest one.
    """
    if seen.sequence < standing.sequence:
        # Its own number is compared with what is stored under it.
        went_back = seen.fresh_at and standing.effective_at and seen.fresh_at > standing.effective_at + TOLERATED
        return Clone.WENT_BACK if went_back else None
    if seen.sequence == standing.sequence:
        same = (seen.digest, seen.boot_id) == (standing.digest, standing.boot_id)
        return None if same and seen.link == standing.link else Clone.TWO_WORDS
    if seen.sequence == standing.sequence + 1 and not tied(standing, seen):
        return Clone.BROKEN_CHAIN
    returned = seen.boot_id != standing.boot_id and seen.boot_id == standing.previous_boot_id
    return Clone.BOOT_RETURNED if returned else None


def tied(standing: Standing, seen: Observation) -> bool:
    """Whether the next observation names the one before and is linked to all before it."""
    if standing.sequence and seen.previous_digest != standing.digest:
        return False
    return seen.link == next_link(standing.link, seen.tail)


def note_message(*, agent: Agent, standing: Standing, message: int, now: datetime) -> bool:
    """Messages are numbered upwards: one that is not above the last came twice or was overtaken. Whether it is new."""
    row = Installation.objects.filter(pk=agent.installation)
    if message > standing.message:
        row.update(last_message=message)
        return True
    row.update(repeated=F("repeated") + 1, repeated_at=now)
    return False


def quarantine(*, agent: Agent, reason: Clone, address: str | None, now: datetime) -> ClonedHost:
    """Note that two machines use this identity, for people to see. Gives the refusal to raise after the commit.

    Only what does not follow is refused: the machine whose sequence was received first goes on reporting.
    """
    found = Installation.objects.filter(pk=agent.installation, quarantined_at=None)
    found.update(quarantined_at=now, clone_reason=reason.value, clone_address=address)
    return ClonedHost("Another machine reports under this identity; enrol this one anew.")
