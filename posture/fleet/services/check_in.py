"""Check-ins: "nothing changed", the request that nearly all requests are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakSet

import msgspec
from django.db import connection, transaction

from posture.facts.wire.snapshot import CheckIn
from posture.fleet.models import Host, HostState, PresenceSpan, Snapshot
from posture.fleet.services.agents import (
    Agent,
    Observation,
    authenticate,
    contradiction,
    lock_standing,
    note_message,
    observation_of,
    oldest_credential,
    quarantine,
)
from posture.fleet.services.numbers import contradicts_known, known_after_all, neighbours, note_arrival, note_jump
from posture.fleet.services.observation_time import settled
from posture.fleet.services.presence import MISSED, Run, confirm_presence, place_run, silence
from posture.fleet.services.refusals import ClonedHost, WrongShape
from posture.fleet.services.scan_requests import answer_wishes
from posture.fleet.services.tokens import digest_of

# The whole of an unchanged check-in, in one statement: whatever is out of the ordinary matches no row and goes the long
# way. The three updates hit columns without an index, so that PostgreSQL writes the new row versions in place. Nobody
# waits for the disk: what a power cut takes of the last half second, the next check-in says again.
CONFIRM = f"""
WITH met AS (
    SELECT i.id, i.host_id, i.span_id, h.interval, h.daily_bytes,
           i.rotation_asked_at IS NOT NULL OR i.credential_at < %(old)s AS rotate,
           LEAST(%(now)s, GREATEST(%(at)s, i.last_effective_at + interval '1 microsecond')) AS at
    FROM fleet_installation i
    JOIN fleet_host h ON h.id = i.host_id
    JOIN fleet_presencespan p ON p.id = i.span_id
    WHERE i.token_digest = %(token)s AND i.id = %(installation)s AND i.revoked_at IS NULL AND h.retired_at IS NULL
      AND i.last_digest = %(digest)s AND p.digest = %(digest)s AND i.last_digest = %(previous)s
      AND i.last_sequence + 1 = %(sequence)s AND i.last_message < %(message)s AND i.boot_id = %(boot)s
      AND encode(sha256(convert_to(i.last_link || %(tail)s, 'UTF8')), 'hex') = %(link)s
      AND (h.scan_asked_at IS NULL OR h.scan_done_at IS NOT NULL)
      AND %(at)s - p.to_at <= {MISSED} * make_interval(secs => GREATEST(h.interval, %(interval)s))
    FOR NO KEY UPDATE OF i
), installation AS (
    UPDATE fleet_installation i
    SET last_sequence = %(sequence)s, last_effective_at = met.at, last_received_at = %(now)s, last_link = %(link)s,
        last_message = %(message)s
    FROM met WHERE i.id = met.id
), span AS (
    UPDATE fleet_presencespan p SET to_at = met.at, last_sequence = %(sequence)s FROM met WHERE p.id = met.span_id
), host AS (
    UPDATE fleet_host h
    SET last_seen_at = %(now)s, state = 'reporting', agent_interval = %(interval)s, measurements = %(measurements)s
    FROM met WHERE h.id = met.host_id
)
SELECT interval, daily_bytes, rotate, set_config('synchronous_commit', 'off', true) FROM met
"""  # noqa: S608 - the one thing put in is our own number
# PostgreSQL plans it once a connection: planning takes a quarter of what the whole statement does.
TYPES = {
    "token": "text",
    "installation": "uuid",
    "digest": "text",
    "previous": "text",
    "sequence": "bigint",
    "message": "bigint",
    "tail": "text",
    "link": "text",
    "boot": "text",
    "interval": "int",
    "measurements": "jsonb",
    "at": "timestamptz",
    "now": "timestamptz",
    "old": "timestamptz",
}
PREPARE = f"PREPARE check_in ({', '.join(TYPES.values())}) AS " + CONFIRM % {
    name: f"${number}" for number, name in enumerate(TYPES, 1)
}
EXECUTE = f"EXECUTE check_in ({', '.join(f'%({name})s' for name in TYPES)})"
_prepared: WeakSet[Any] = WeakSet()  # the connections that know it


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The answer: whether to deliver the facts, the interval in seconds and the budget of a day that the server asks
    for, whether to ask for a new token and key, and whether to look again at once."""

    deliver: bool
    interval: int
    daily_bytes: int | None
    rotate: bool
    collect: bool = False


def check_in(*, token: str, check_in: CheckIn, now: datetime, address: str | None = None) -> CheckedIn:
    """Take a check-in. One statement when nothing changed. ``address``: where it came from, for the page of a clone.

    Raises UnknownToken, ClonedHost, WrongShape.
    """
    seen = observation_of(check_in, now=now)
    if seen.seen.at is not None:
        row = confirm(parameters(token, check_in, seen, seen.seen.at, now))
        if row is not None:
            return CheckedIn(deliver=False, interval=row[0], daily_bytes=row[1], rotate=row[2])
    agent = authenticate(token=token, now=now)
    if str(agent.installation) != check_in.installation:
        raise WrongShape("This token belongs to another installation.", field="installation")
    answer = look_closely(agent, check_in, seen, address, now)
    if isinstance(answer, ClonedHost):
        raise answer
    return answer


def confirm(values: dict[str, Any]) -> tuple[int, int | None, bool, str] | None:
    """Run the one statement; its row, or None where the check-in is out of the ordinary."""
    connection.ensure_connection()
    if connection.connection not in _prepared:
        # Django's own cursor would take the percent signs for places of parameters; its errors are wanted all the same.
        with connection.wrap_database_errors, connection.connection.cursor() as plain:
            plain.execute(PREPARE)
        _prepared.add(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute(EXECUTE, values)
        row: tuple[int, int | None, bool, str] | None = cursor.fetchone()
        return row


def parameters(token: str, check_in: CheckIn, seen: Observation, at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "token": digest_of(token),
        "installation": check_in.installation,
        "digest": seen.digest,
        "previous": seen.previous_digest,
        "sequence": seen.sequence,
        "message": seen.message,
        "tail": seen.tail,
        "link": seen.link,
        "boot": seen.boot_id,
        "interval": check_in.agent.Interval,
        "measurements": msgspec.json.encode(check_in.measurements).decode(),
        "at": at,
        "now": now,
        "old": oldest_credential(now),
    }


@transaction.atomic
def look_closely(
    agent: Agent, check_in: CheckIn, seen: Observation, address: str | None, now: datetime
) -> CheckedIn | ClonedHost:
    """A check-in that is out of the ordinary: changed, late, after a silence or a boot, or of a clone."""
    standing = lock_standing(agent=agent)
    reason = contradiction(standing, seen)
    if reason is None and seen.sequence < standing.sequence:
        number = seen.sequence
        reason = contradicts_known(installation=agent.installation, first=number, last=number, digest=seen.digest)
    if reason is not None:
        return quarantine(agent=agent, reason=reason, address=address, now=now)
    note_message(agent=agent, standing=standing, message=seen.message, now=now)
    if seen.sequence <= standing.sequence:
        wanted = not is_known(agent, seen) and not confirm_late(agent, seen, check_in.agent.Interval, now)
        return answer_to(agent, seen, deliver=wanted, now=now)
    changed = not holds(agent, seen)
    if not changed:
        at = min(now, settled(seen.seen, after=standing.effective_at, before=None, now=now))
        note_jump(agent=agent, last=standing.sequence, next_one=seen.sequence, now=now)
        confirm_presence(
            agent=agent, standing=standing, seen=seen, at=at, now=now, agent_interval=check_in.agent.Interval
        )
    note_contact(agent, check_in, now)
    return answer_to(agent, seen, deliver=changed, now=now)


def answer_to(agent: Agent, seen: Observation, *, deliver: bool, now: datetime) -> CheckedIn:
    """What an agent is told after a check-in that was looked at closely."""
    return CheckedIn(
        deliver=deliver,
        interval=agent.interval,
        daily_bytes=agent.daily_bytes,
        rotate=agent.rotate,
        collect=answer_wishes(host=agent.host, sequence=seen.sequence, now=now),
    )


def holds(agent: Agent, seen: Observation) -> bool:
    """Whether the facts that an observation found are those that were delivered last, and had been there before it."""
    if seen.previous_digest != seen.digest:
        return False  # it changed to them: a snapshot that is still on its way may lie between
    stored = Snapshot.objects.filter(installation=agent.installation).order_by("-sequence")
    return stored.values_list("facts_id", flat=True).first() == seen.digest


def is_known(agent: Agent, seen: Observation) -> bool:
    """Whether this number was confirmed before, or its facts delivered."""
    number = seen.sequence
    known = PresenceSpan.objects.filter(
        installation=agent.installation, first_sequence__lte=number, last_sequence__gte=number
    )
    return known.exists()


def confirm_late(agent: Agent, seen: Observation, agent_interval: int, now: datetime) -> bool:
    """A check-in that was overtaken confirms its digest in its place; whether it does. One that found a change says
    nothing without its facts."""
    if seen.previous_digest != seen.digest:
        return False
    number = seen.sequence
    after, before = neighbours(agent=agent, first=number, last=number)
    at = min(now, settled(seen.seen, after=after, before=before, now=now))
    note_arrival(agent=agent, first=number, last=number)
    known_after_all(agent=agent, first=number, last=number, from_at=at, to_at=at)
    pause = silence(interval=agent.interval, agent_interval=agent_interval)
    place_run(agent=agent, run=Run(seen.digest, number, number, at, at), pause=pause)
    return True


def note_contact(agent: Agent, check_in: CheckIn, now: datetime) -> None:
    """The host was heard of; it counts as reporting as soon as its first facts are here."""
    host = Host.objects.filter(pk=agent.host)
    host.update(last_seen_at=now, agent_interval=check_in.agent.Interval)
    host.filter(first_seen_at__isnull=False, retired_at=None).update(state=HostState.REPORTING)
