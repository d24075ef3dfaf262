"""Which numbers of an installation came: those that are missing, and those whose facts were not kept."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from posture.fleet.models import DroppedRange, PresenceSpan, SequenceGap, Snapshot
from posture.fleet.services.agents import Agent, Clone

Numbers = tuple[int, int]  # the first and the last of a run
# Missing runs that are kept of an installation; an honest one has a few. The oldest are forgotten first.
MOST_GAPS = 1000
FORGET_GAPS = """
DELETE FROM fleet_sequencegap WHERE id IN (
    SELECT id FROM fleet_sequencegap WHERE installation_id = %s ORDER BY first DESC OFFSET %s
)
"""
# The effective times of what is known before and after some numbers. A number whose facts were dropped lies within its
# range, one that was confirmed within its span.
NEIGHBOURS = """
SELECT max(at) FILTER (WHERE last < %(first)s), min(at) FILTER (WHERE first > %(last)s) FROM (
    SELECT sequence AS first, sequence AS last, effective_at AS at FROM fleet_snapshot
    WHERE installation_id = %(installation)s AND host_id = %(host)s
    UNION ALL
    SELECT first_sequence, last_sequence, CASE WHEN last_sequence < %(first)s THEN to_at ELSE from_at END
    FROM fleet_presencespan WHERE installation_id = %(installation)s
    UNION ALL
    SELECT first, last, CASE WHEN last < %(first)s THEN to_at ELSE from_at END
    FROM fleet_droppedrange WHERE installation_id = %(installation)s
) known
"""


def neighbours(*, agent: Agent, first: int, last: int) -> tuple[datetime | None, datetime | None]:
    """The effective times next to some numbers, before and after."""
    values: dict[str, Any] = {"installation": agent.installation, "host": agent.host, "first": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(NEIGHBOURS, values)
        before, after = cursor.fetchone()
    return before, after


def note_jump(*, agent: Agent, last: int, next_one: int, now: datetime) -> None:
    """The numbers between the last one and the next are missing, until they come."""
    if next_one > last + 1:
        SequenceGap.objects.create(
            installation_id=agent.installation, first=last + 1, last=next_one - 1, noticed_at=now
        )
        forget_oldest_gaps(agent=agent)


def forget_oldest_gaps(*, agent: Agent) -> None:
    """Keep no more missing runs than are worth looking at: who leaves out every other number makes a row with each."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_GAPS, [agent.installation, MOST_GAPS])


def note_arrival(*, agent: Agent, first: int, last: int) -> None:
    """Numbers that were missing have come: their gaps close, shrink or split."""
    gaps = SequenceGap.objects.filter(installation_id=agent.installation, first__lte=last, last__gte=first)
    for gap in gaps:
        gap.delete()
        for start, end in without((gap.first, gap.last), [(first, last)]):
            SequenceGap.objects.create(
                installation_id=agent.installation, first=start, last=end, noticed_at=gap.noticed_at
            )
        forget_oldest_gaps(agent=agent)


def without(whole: Numbers, taken: Iterable[Numbers]) -> list[Numbers]:
    """What is left of a run of numbers without others."""
    left, start = [], whole[0]
    for first, last in sorted(taken):
        if first > start:
            left.append((start, min(first - 1, whole[1])))
        start = max(start, last + 1)
    if start <= whole[1]:
        left.append((start, whole[1]))
    return [(first, last) for first, last in left if first <= last]


def contradicts_known(*, installation: UUID, first: int, last: int, digest: str) -> Clone | None:
    """Whether another digest is known of one of these numbers, as a snapshot or as a confirmation."""
    stored = Snapshot.objects.filter(installation=installation, sequence__range=(first, last)).exclude(facts_id=digest)
    spans = PresenceSpan.objects.filter(installation=installation, first_sequence__lte=last, last_sequence__gte=first)
    return Clone.TWO_WORDS if stored.exists() or spans.exclude(digest=digest).exists() else None


def known_after_all(*, agent: Agent, first: int, last: int, from_at: datetime, to_at: datetime) -> None:
    """Numbers that were said to be dropped are known: the ranges around them end before and begin after them."""
    ranges = DroppedRange.objects.filter(installation_id=agent.installation, first__lte=last, last__gte=first)
    for one in ranges:
        one.delete()
        for start, end in without((one.first, one.last), [(first, last)]):
            DroppedRange.objects.create(
                host_id=agent.host,
                installation_id=agent.installation,
                first=start,
                last=end,
                digest=one.digest,
                from_at=one.from_at if end < first else max(one.from_at, min(to_at, one.to_at)),
                to_at=one.to_at if start > last else min(one.to_at, max(from_at, one.from_at)),
                received_at=one.received_at,
            )


def spans_within(*, agent: Agent, first: int, last: int) -> int:
    """How many runs are known that share a number with these."""
    spans = PresenceSpan.objects.filter(first_sequence__lte=last, last_sequence__gte=first)
    return spans.filter(installation_id=agent.installation).count()


def note_dropped(*, agent: Agent, dropped: DroppedRange) -> None:
    """Numbers whose facts changed and were not kept; what is known of some of them stays known."""
    spans = PresenceSpan.objects.filter(
        installation_id=agent.installation, first_sequence__lte=dropped.last, last_sequence__gte=dropped.first
    )
    known = [(one.first_sequence, one.last_sequence, one.from_at, one.to_at) for one in spans]
    for start, end in without((dropped.first, dropped.last), [one[:2] for one in known]):
        before = [to_at for _first, last, _from_at, to_at in known if last < start]
        after = [from_at for first, _last, from_at, _to_at in known if first > end]
        join_dropped(agent, dropped, start, end, max([dropped.from_at, *before]), min([dropped.to_at, *after]))


def join_dropped(
    agent: Agent, dropped: DroppedRange, first: int, last: int, from_at: datetime, to_at: datetime
) -> None:
    """One range, joined with those it overlaps or is next to."""
    near = list(
        DroppedRange.objects.filter(installation_id=agent.installation, first__lte=last + 1, last__gte=first - 1)
    )
    newest = max(near, key=lambda one: one.last, default=None)
    digest = newest.digest if newest is not None and newest.last > last else dropped.digest
    DroppedRange.objects.filter(pk__in=[one.pk for one in near]).delete()
    DroppedRange.objects.create(
        host_id=agent.host,
        installation_id=agent.installation,
        first=min([first, *(one.first for one in near)]),
        last=max([last, *(one.last for one in near)]),
        digest=digest,
        from_at=min([from_at, *(one.from_at for one in near)]),
        to_at=max([from_at, to_at, *(one.to_at for one in near)]),
        received_at=min([dropped.received_at, *(one.received_at for one in near)]),
    )
