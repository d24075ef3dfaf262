"""``advance`` takes a host's ledger from event to event until it has caught up."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction

from posture.fleet.models import Cursor
from posture.fleet.services.fold.events import read_timeline
from posture.fleet.services.fold.rewind import forget_unseen, rewind
from posture.fleet.services.fold.run import run
from posture.fleet.services.observation_time import TICK

COLUMNS = ("host_id", "at", "snapshot_id", "ruleset_id", "valid_until", "rewind_to", "pending", "revision")
READ = f"SELECT {', '.join(COLUMNS)} FROM fleet_cursor WHERE host_id = %s FOR UPDATE"  # noqa: S608 - our names
CHANGED = COLUMNS[1:]
WRITE = f"""
UPDATE fleet_cursor SET {", ".join(f"{name} = %s" for name in CHANGED if name != "pending")},
    pending = %s OR EXISTS (SELECT 1 FROM fleet_snapshot WHERE host_id = %s AND effective_at > %s)
WHERE host_id = %s
"""  # noqa: S608 - our names
# Nobody waits for the disk: the facts are on it, and a fold that a power cut takes leaves its cursor as it was before.
LOCK = """
SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)), set_config('synchronous_commit', 'off', true)
"""


class Advanced(StrEnum):
    """How an advance, or one transaction of it, ended."""

    DONE = "done"
    MORE = "more"  # there are more events than one transaction takes
    BUSY = "busy"  # another worker has this host: try again shortly
    GONE = "gone"  # there is no such host any more


def advance(*, host: UUID, now: datetime) -> Advanced:
    """Fold everything that happened to a host up to ``now`` into its ledger. Idempotent; safe to run at any time.

    Each transaction takes the host's lock, reads what is open, judges event after event in memory, and writes the
    difference and the cursor together: a worker that dies leaves what was there before. Gives DONE, BUSY or GONE.
    """
    while (outcome := advance_once(host, now)) is Advanced.MORE:
        pass
    return outcome


@transaction.atomic
def advance_once(host: UUID, now: datetime) -> Advanced:
    """One transaction of the fold."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"advance {host}"])
        if not cursor.fetchone()[0]:
            return Advanced.BUSY
    position = read_position(host)
    if position is None:
        return Advanced.GONE
    if position.rewind_to is not None:
        rewind(host, position.rewind_to)
        position.at, position.valid_until = position.rewind_to - TICK, None
    timeline = read_timeline(host, after=position.at, now=now)
    whole = run(position, timeline, now=now)
    if whole:
        forget_unseen(host)
    position.rewind_to, position.pending = None, not whole
    write_position(position, now)
    return Advanced.DONE if whole else Advanced.MORE


def read_position(host: UUID) -> Cursor | None:
    """The host's cursor, its row locked: a delivery that commits meanwhile waits, and asks for the next advance."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [host])
        row = cursor.fetchone()
    return None if row is None else Cursor.from_db(None, COLUMNS, row)


def write_position(position: Cursor, now: datetime) -> None:
    """Keep how far the fold has come. A fold that waited long has an old ``now``: what came since is still to be done,
    also where it had been folded before a rewind."""
    values = [getattr(position, name) for name in CHANGED if name != "pending"]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [*values, position.pending, position.host_id, now, position.host_id])
