"""What the server holds, against what the agents wrote down: the list of everything that does not agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from posture.fleet.models import DroppedRange, Host, Installation, PresenceSpan, SequenceGap, Snapshot
from posture.tests.chaos.journal import Collection, Journal

# Seconds by which the server's moment may lie before or behind the journal's. It is when the request arrived less the
# age that it told: the network holds requests for up to six seconds, and a server that comes back has a
# queue before it.
EARLY, LATE = 3.0, 15.0
# Check-ins do not wait for the server's disk (docs/ledger.md): a database that loses its power takes those of its last
# moments with it. Seconds; PostgreSQL's own promise is 0.6, the rest is for a busy machine.
UNWRITTEN = 3.0


@dataclass(frozen=True)
class Account:
    """One host's: the journal's collections, and the server's rows."""

    host: Host
    installation: Installation
    collections: dict[int, Collection]
    kept: set[int]
    damaged: set[int]  # in files that the test damaged
    unwritten: set[int]  # acknowledged just before the database lost its power
    snapshots: dict[int, Snapshot]
    spans: Sequence[PresenceSpan]
    dropped: Sequence[DroppedRange]
    gaps: Sequence[SequenceGap]

    @property
    def excused(self) -> set[int]:
        """Numbers that may be missing."""
        return self.damaged | self.unwritten

    def told(self) -> list[tuple[Collection, datetime]]:
        """The collections whose facts the server holds, with its moments, by number."""
        held = sorted(self.snapshots.items())
        return [(self.collections[number], snapshot.effective_at) for number, snapshot in held]


def account_of(name: str, journal: Journal, power_cuts: Sequence[float]) -> Account:
    """Read both sides. ``power_cuts``: when the database was killed, seconds since the epoch."""
    collections, kept = journal.collections(), journal.kept()
    unwritten = {
        number
        for number, at in kept.items()
        if is_unchanged(collections, number) and any(cut - UNWRITTEN <= at <= cut + UNWRITTEN for cut in power_cuts)
    }
    host = Host.objects.get(name=name)
    installation = Installation.objects.get(host=host)
    return Account(
        host=host,
        installation=installation,
        collections=collections,
        kept=set(kept),
        damaged=journal.damaged(),
        unwritten=unwritten,
        snapshots={one.sequence: one for one in Snapshot.objects.filter(installation=installation)},
        spans=list(PresenceSpan.objects.filter(installation=installation).order_by("first_sequence")),
        dropped=list(DroppedRange.objects.filter(installation=installation).order_by("first")),
        gaps=list(SequenceGap.objects.filter(installation=installation).order_by("first")),
    )


def disagreements(found: Account) -> Iterator[str]:
    """Everything that is not as it has to be, in words."""
    for line in (*strangers(found), *losses(found), *gaps(found), *moments(found), *suspicions(found)):
        yield f"{found.host.name}: {line}"


def strangers(found: Account) -> Iterator[str]:
    """What the server holds and no agent collected."""
    for number, snapshot in found.snapshots.items():
        collected = found.collections.get(number)
        if collected is None or collected.digest != snapshot.facts_id:
            yield f"snapshot {number} was never collected like that"


def losses(found: Account) -> Iterator[str]:
    """What an agent kept or had acknowledged, and the server does not know."""
    for number in sorted(found.kept - found.excused):
        if number in found.snapshots or is_dropped(found, number):
            continue
        digest = found.collections[number].digest
        # Killed between the number and the journal's line the agent leaves a collection that nobody can compare with.
        comparable = number == 1 or number - 1 in found.collections
        if (comparable and not is_unchanged(found.collections, number)) or not holds(found, number, digest):
            yield f"collection {number} changed something, was kept, and is nowhere"
        elif not is_confirmed(found, number, digest):
            yield f"collection {number} confirmed {digest[:15]}, was kept, and is in no span"


def holds(found: Account, number: int, digest: str) -> bool:
    """Whether the newest facts that the server has of this number or one before it are these, or were dropped, or
    went with a file that the test damaged."""
    last = max((known for known in found.snapshots if known <= number), default=0)
    lost = (one for one in found.damaged if last < one <= number)
    if any(last < one.last <= number for one in found.dropped) or not all(
        is_unchanged(found.collections, one) for one in lost
    ):
        return True
    return last > 0 and found.snapshots[last].facts_id == digest


def is_unchanged(collections: dict[int, Collection], number: int) -> bool:
    """Whether a collection found what the one before it had found."""
    before, found = collections.get(number - 1), collections.get(number)
    return before is not None and found is not None and before.digest == found.digest


def is_dropped(found: Account, number: int) -> bool:
    return any(one.first <= number <= one.last for one in found.dropped)


def is_confirmed(found: Account, number: int, digest: str) -> bool:
    """Whether a span of this digest reaches over the number."""
    return any(one.first_sequence <= number <= one.last_sequence and one.digest == digest for one in found.spans)


def gaps(found: Account) -> Iterator[str]:
    """Gaps are the numbers that never came, all of them and no others."""
    missing = {number for one in found.gaps for number in range(one.first, one.last + 1)}
    for number in sorted(missing & set(found.snapshots)):
        yield f"number {number} is here and counts as missing"
    for number in sorted((missing & set(found.collections)) - found.excused):
        yield f"number {number} counts as missing, and nothing was done to it"
    arrived = set(found.snapshots) | {n for one in found.dropped for n in range(one.first, one.last + 1)}
    arrived |= {n for one in found.spans for n in range(one.first_sequence, one.last_sequence + 1)}
    for number in sorted(set(range(1, found.installation.last_sequence + 1)) - arrived - missing):
        yield f"number {number} never came and is in no gap"


def moments(found: Account) -> Iterator[str]:
    """Moments follow the sequence; those that are no estimate are the true ones."""
    last: datetime | None = None
    for number, snapshot in sorted(found.snapshots.items()):
        if last is not None and snapshot.effective_at <= last:
            yield f"snapshot {number} is not after the one before it"
        last = snapshot.effective_at
        collected = found.collections.get(number)
        if snapshot.effective_at > snapshot.received_at:
            yield f"snapshot {number} is of the future"
        if collected is not None and not snapshot.estimated and not -EARLY <= error_of(snapshot, collected) <= LATE:
            yield f"snapshot {number} is {error_of(snapshot, collected):+.1f} s off"


def error_of(snapshot: Snapshot, collected: Collection) -> float:
    """Seconds by which the server's moment differs from the true one."""
    return (snapshot.effective_at - datetime.fromtimestamp(collected.true_at, UTC)).total_seconds()


def suspicions(found: Account) -> Iterator[str]:
    """Nobody was a clone and nobody forged anything."""
    if found.installation.quarantined_at is not None:
        yield f"was taken for a clone: {found.installation.clone_reason}"
    if found.installation.forged:
        yield f"{found.installation.forged} messages count as forged"
