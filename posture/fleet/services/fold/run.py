"""Runs the events of a timeline against the ledger."""

from datetime import datetime, timedelta

from posture.evaluation.evaluate import evaluate
from posture.fleet.models import Cursor
from posture.fleet.services.fold.events import Timeline
from posture.fleet.services.fold.judging import apply
from posture.fleet.services.fold.state import Ledger
from posture.fleet.services.fold.storage import load, store
from posture.fleet.services.observed import facts_of

# A verdict that is due again at once would hold the fold up for ever; no rule's answer changes faster than this.
SOONEST = timedelta(seconds=1)
MOST = 256  # events of one transaction


def run(position: Cursor, timeline: Timeline, *, now: datetime) -> bool:
    """Take the cursor as far as it goes; whether it has caught up. Writes the ledger, changes ``position`` in place."""
    ledger = Ledger() if position.at is None else None  # of a host that was never folded nothing is open
    for _count in range(MOST):
        at = next_moment(position, timeline, now)
        if at is None or not timeline.reaches(at):
            break
        ledger = ledger or load(position.host_id)
        take(position, timeline, ledger, at)
    if ledger is not None and store(position.host_id, ledger):
        position.revision += 1
    return timeline.whole and next_moment(position, timeline, now) is None


def next_moment(position: Cursor, timeline: Timeline, now: datetime) -> datetime | None:
    """When something happens next: an event, or a verdict of the last judgement that falls due by now."""
    moments = [timeline.next_after(position.at)]
    if position.valid_until is not None and position.valid_until <= now:
        moments.append(position.valid_until)
    return min((moment for moment in moments if moment is not None), default=None)


def take(position: Cursor, timeline: Timeline, ledger: Ledger, at: datetime) -> None:
    """Judge the host as it was at this moment, and move the cursor there."""
    position.at, position.valid_until = at, None
    snapshot, judged_by = timeline.snapshot_at(at), timeline.ruleset_at(at)
    if snapshot is None or judged_by is None:
        return
    row, ruleset = judged_by
    facts = facts_of(*snapshot)
    assessment = evaluate(facts, ruleset, at)
    apply(ledger, facts, assessment, ruleset=row, at=at)
    position.snapshot_id, position.ruleset_id = snapshot[0], row
    if assessment.valid_until is not None:
        position.valid_until = max(assessment.valid_until, at + SOONEST)
