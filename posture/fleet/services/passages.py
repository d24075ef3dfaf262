"""Passages: what happened while an agent could send nothing, and whose facts are not sent.

Unchanged runs become presence, dropped ones are kept as ranges of which nothing is known but that facts changed.
Idempotent, and the same in whatever order passages, snapshots and check-ins come.
"""

from datetime import datetime, timedelta

from django.db import transaction

from posture.facts.wire.messages import Passage, Passages
from posture.fleet.models import DroppedRange, Host, HostState, Installation, Snapshot
from posture.fleet.services.agents import (
    Agent,
    Clone,
    Standing,
    lock_standing,
    note_message,
    quarantine,
)
from posture.fleet.services.numbers import (
    contradicts_known,
    known_after_all,
    neighbours,
    note_arrival,
    note_dropped,
    note_jump,
    spans_within,
)
from posture.fleet.services.observation_time import corrected, read_moment, settled
from posture.fleet.services.presence import Run, place_run, silence
from posture.fleet.services.refusals import WrongShape

# Known runs within the dropped ones of a request: each is gone round with statements of its own. An agent has a few.
MOST_CROSSED = 500


def take_passages(*, agent: Agent, said: Passages, now: datetime, address: str | None = None) -> None:
    """Take what happened, oldest first. Raises UnknownToken, ClonedHost, WrongShape."""
    if str(agent.installation) != said.installation:
        raise WrongShape("This token belongs to another installation.", field="installation")
    with transaction.atomic():
        reason = take_all(agent, said, now)
        refusal = quarantine(agent=agent, reason=reason, address=address, now=now) if reason is not None else None
    if refusal is not None:
        raise refusal


def take_all(agent: Agent, said: Passages, now: datetime) -> Clone | None:
    """Within the transaction: every passage until one contradicts what is known; why it does."""
    standing = lock_standing(agent=agent)
    note_message(agent=agent, standing=standing, message=said.message, now=now)
    pause = silence(interval=agent.interval, agent_interval=said.interval)
    crossed = 0
    for place, passage in enumerate(said.passages):
        if passage.kind == "dropped":
            crossed += spans_within(agent=agent, first=passage.first, last=passage.last)
        if crossed > MOST_CROSSED:
            raise WrongShape("Too much is known of what is said to be dropped.", field=f"passages[{place}].last")
        times = moments_of(agent, standing, passage, said.sent_at, place, now)
        reason = contradiction_of(agent, standing, passage)
        if reason is not None:
            return reason
        standing = take_one(agent, standing, passage, times, pause, now)
    keep_standing(agent, standing, now)
    host = Host.objects.filter(pk=agent.host)
    host.update(last_seen_at=now, agent_interval=said.interval)
    host.filter(first_seen_at__isnull=False, retired_at=None).update(state=HostState.REPORTING)
    return None


def moments_of(
    agent: Agent, standing: Standing, passage: Passage, sent: str, place: int, now: datetime
) -> tuple[datetime, datetime]:
    """When the first and the last collection of a passage were, on our clock."""
    try:
        from_at, to_at, sent_at = read_moment(passage.from_at), read_moment(passage.to_at), read_moment(sent)
    except ValueError as error:
        raise WrongShape("This is no moment.", field=f"passages[{place}].from_at") from error
    after, before = standing.effective_at, None
    if passage.first <= standing.sequence:
        after, before = neighbours(agent=agent, first=passage.first, last=passage.last)
    start = corrected(observed_at=from_at, sent_at=sent_at, age=passage.from_age, now=now)
    end = corrected(observed_at=to_at, sent_at=sent_at, age=passage.to_age, now=now)
    began = min(now, settled(start, after=after, before=before, now=now))
    ended = min(now, settled(end, after=after, before=before, now=now))
    return began, max(began, ended)


def contradiction_of(agent: Agent, standing: Standing, passage: Passage) -> Clone | None:
    """Why a passage cannot come from the machine that sent what is known; None when it can."""
    follows = standing.sequence and passage.first == standing.sequence + 1
    if follows and passage.previous_digest != standing.digest:
        return Clone.BROKEN_CHAIN
    if passage.first > standing.sequence:
        returned = passage.boot_id != standing.boot_id and passage.boot_id == standing.previous_boot_id
        return Clone.BOOT_RETURNED if returned else None
    if passage.kind == "dropped":
        return None
    return contradicts_known(
        installation=agent.installation, first=passage.first, last=passage.last, digest=passage.digest
    )


def take_one(
    agent: Agent,
    standing: Standing,
    passage: Passage,
    times: tuple[datetime, datetime],
    pause: timedelta,
    now: datetime,
) -> Standing:
    """Keep one passage; how far the installation has come with it."""
    first, last, (from_at, to_at) = passage.first, passage.last, times
    note_arrival(agent=agent, first=first, last=last)
    note_jump(agent=agent, last=standing.sequence, next_one=first, now=now)
    span = None
    if passage.kind == "unchanged":
        known_after_all(agent=agent, first=first, last=last, from_at=from_at, to_at=to_at)
        span = place_run(agent=agent, run=Run(passage.digest, first, last, from_at, to_at), pause=pause)
    else:
        dropped = DroppedRange(
            first=first, last=last, digest=passage.digest, from_at=from_at, to_at=to_at, received_at=now
        )
        note_dropped(agent=agent, dropped=dropped)
    if last <= standing.sequence:
        return standing
    changed_boot = passage.boot_id != standing.boot_id
    previous_boot = standing.boot_id if changed_boot else standing.previous_boot_id
    reached = None if span is None else span.pk
    return Standing(
        last, passage.digest, passage.boot_id, previous_boot, to_at, reached, passage.link, standing.message
    )


def keep_standing(agent: Agent, standing: Standing, now: datetime) -> None:
    """How far the installation has come. Check-ins go on in its span without a second look where its facts are the ones
    that were delivered last."""
    stored = Snapshot.objects.filter(installation=agent.installation).order_by("-sequence")
    held = stored.values_list("facts_id", flat=True).first() == standing.digest
    Installation.objects.filter(pk=agent.installation).update(
        last_sequence=standing.sequence,
        last_digest=standing.digest,
        last_link=standing.link,
        boot_id=standing.boot_id,
        previous_boot_id=standing.previous_boot_id,
        last_effective_at=standing.effective_at,
        last_received_at=now,
        span_id=standing.span if held else None,
    )
