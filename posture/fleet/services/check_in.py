"""Check-ins: "nothing changed", the request that nearly all requests are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakSet

import msgspec
from django.db import connection, transaction

from posture.facts.snapshot import CheckIn
from posture.fleet.models import Host, HostState, Snapshot
from posture.fleet.services.agents import (
    Agent,
    Observation,
    Standing,
    authenticate,
    follows,
    lock_standing,
    quarantine,
)
from posture.fleet.services.observation_time import between, corrected, read_moment
from posture.fleet.services.presence import MISSED, confirm_presence
from posture.fleet.services.refusals import ClonedHost, WrongShape
from posture.fleet.services.tokens import digest_of

# The whole of an unchanged check-in, in one statement: whatever is out of the ordinary matches no row and goes the long
# way. The three updates hit columns without an index, so that PostgreSQL writes the new row versions in place. Nobody
# waits for the disk: what a power cut takes of the last half second, the next check-in says again.
CONFIRM = f"""
WITH met AS (
    SELECT i.id, i.host_id, i.span_id, h.interval,
           LEAST(%(now)s, GREATEST(%(at)s, i.last_effective_at + interval '1 microsecond')) AS at
    FROM fleet_installation i
    JOIN fleet_host h ON h.id = i.host_id
    JOIN fleet_presencespan p ON p.id = i.span_id
    WHERE i.token_digest = %(token)s AND i.id = %(installation)s AND i.revoked_at IS NULL AND h.retired_at IS NULL
      AND i.last_digest = %(digest)s AND p.digest = %(digest)s AND i.last_sequence < %(sequence)s
      AND (i.last_sequence + 1 < %(sequence)s OR i.last_digest = %(previous)s)
      AND i.boot_id = %(boot)s
      AND %(at)s - p.to_at <= {MISSED} * make_interval(secs => GREATEST(h.interval, %(interval)s))
    FOR NO KEY UPDATE OF i
), installation AS (
    UPDATE fleet_installation i
    SET last_sequence = %(sequence)s, last_effective_at = met.at, last_received_at = %(now)s
    FROM met WHERE i.id = met.id
), span AS (
    UPDATE fleet_presencespan p SET to_at = met.at, last_sequence = %(sequence)s FROM met WHERE p.id = met.span_id
), host AS (
    UPDATE fleet_host h
    SET last_seen_at = %(now)s, state = 'reporting', agent_interval = %(interval)s, measurements = %(measurements)s
    FROM met WHERE h.id = met.host_id
)
SELECT interval, set_config('synchronous_commit', 'off', true) FROM met
"""  # noqa: S608 - the one thing put in is our own number
# PostgreSQL plans it once a connection: planning takes a quarter of what the whole statement does.
TYPES = {
    "token": "text",
    "installation": "uuid",
    "digest": "text",
    "previous": "text",
    "sequence": "bigint",
    "boot": "text",
    "interval": "int",
    "measurements": "jsonb",
    "at": "timestamptz",
    "now": "timestamptz",
}
PREPARE = f"PREPARE check_in ({', '.join(TYPES.values())}) AS " + CONFIRM % {
    name: f"${number}" for number, name in enumerate(TYPES, 1)
}
EXECUTE = f"EXECUTE check_in ({', '.join(f'%({name})s' for name in TYPES)})"
_prepared: WeakSet[Any] = WeakSet()  # the connections that know it


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The answer: whether to deliver the facts, and the interval in seconds that the server asks for."""

    deliver: bool
    interval: int


def check_in(*, token: str, check_in: CheckIn, now: datetime) -> CheckedIn:
    """Take a check-in. One statement when nothing changed.

    Raises UnknownToken, ClonedHost, WrongShape.
    """
    at = moment_of(check_in, now)
    row = confirm(parameters(token, check_in, at, now))
    if row is not None:
        return CheckedIn(deliver=False, interval=row[0])
    agent = authenticate(token=token)
    if str(agent.installation) != check_in.installation:
        raise WrongShape("This token belongs to another installation.", field="installation")
    answer = look_closely(agent, check_in, at, now)
    if isinstance(answer, ClonedHost):
        raise answer
    return answer


def confirm(values: dict[str, Any]) -> tuple[int, str] | None:
    """Run the one statement; its row, or None where the check-in is out of the ordinary."""
    connection.ensure_connection()
    if connection.connection not in _prepared:
        with connection.connection.cursor() as plain:
            plain.execute(PREPARE)
        _prepared.add(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute(EXECUTE, values)
        row: tuple[int, str] | None = cursor.fetchone()
        return row


def moment_of(check_in: CheckIn, now: datetime) -> datetime:
    """When the agent looked, on our clock."""
    try:
        observed_at, sent_at = read_moment(check_in.observed_at), read_moment(check_in.sent_at)
    except ValueError as error:
        raise WrongShape("This is no moment.", field="observed_at") from error
    return corrected(observed_at=observed_at, sent_at=sent_at, now=now)


def parameters(token: str, check_in: CheckIn, at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "token": digest_of(token),
        "installation": check_in.installation,
        "digest": check_in.digest,
        "previous": check_in.previous_digest,
        "sequence": check_in.sequence,
        "boot": check_in.boot_id,
        "interval": check_in.agent.Interval,
        "measurements": msgspec.json.encode(check_in.measurements).decode(),
        "at": at,
        "now": now,
    }


@transaction.atomic
def look_closely(agent: Agent, check_in: CheckIn, at: datetime, now: datetime) -> CheckedIn | ClonedHost:
    """A check-in that is out of the ordinary: changed, late, after a silence or a boot, or of a clone."""
    standing = lock_standing(agent=agent)
    seen = Observation(check_in.sequence, check_in.previous_digest, check_in.digest, check_in.boot_id)
    if not follows(standing, seen) or contradicts_stored(agent, standing, seen):
        return quarantine(agent=agent, now=now)
    if check_in.sequence <= standing.sequence:
        return CheckedIn(deliver=False, interval=agent.interval)
    changed = check_in.digest != standing.digest
    if not changed:
        at = min(now, between(at, after=standing.effective_at, before=None))
        confirm_presence(
            agent=agent, standing=standing, seen=seen, at=at, now=now, agent_interval=check_in.agent.Interval
        )
    note_contact(agent, check_in, now)
    return CheckedIn(deliver=changed, interval=agent.interval)


def contradicts_stored(agent: Agent, standing: Standing, seen: Observation) -> bool:
    """Whether another digest is stored under the number of a late check-in."""
    if seen.sequence >= standing.sequence:
        return False
    stored = Snapshot.objects.filter(installation=agent.installation, sequence=seen.sequence)
    digests = set(stored.values_list("facts_id", flat=True))
    return bool(digests) and seen.digest not in digests


def note_contact(agent: Agent, check_in: CheckIn, now: datetime) -> None:
    """The host was heard of; it counts as reporting as soon as its first facts are here."""
    host = Host.objects.filter(pk=agent.host)
    host.update(last_seen_at=now, agent_interval=check_in.agent.Interval)
    host.filter(first_seen_at__isnull=False, retired_at=None).update(state=HostState.REPORTING)
