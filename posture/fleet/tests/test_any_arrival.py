"""Snapshots, check-ins and passages in any order, in any pieces and repeated: the same ledger, presence and ranges."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posture.facts.tests.builders import container, hardened, wire_moment
from posture.facts.wire.messages import Passage, Passages
from posture.facts.wire.snapshot import CheckIn, Snapshot
from posture.fleet.models import DroppedRange, PresenceSpan, SequenceGap
from posture.fleet.queries.ledger_dump import ledger_dump
from posture.fleet.services.check_in import check_in
from posture.fleet.services.passages import take_passages
from posture.fleet.tests.cast import Machine, machine, minute

pytestmark = pytest.mark.django_db
KINDS = ((), (container("web"),), (hardened("web"),))
NOW = minute(24 * 60)


@dataclass(frozen=True)
class Collection:
    """One collection: which of KINDS it found, how it is told, and the minutes since the one before."""

    kind: int
    told: str  # "snapshot", "check-in", "unchanged" or "dropped"
    pause: int


@dataclass(frozen=True)
class Tale:
    """What is sent of some collections at once: from which to which."""

    told: str
    first: int
    last: int


COLLECTION = st.builds(
    Collection,
    st.sampled_from((0, 0, 1, 2)),
    st.sampled_from(("snapshot", "check-in", "unchanged", "dropped")),
    st.sampled_from((5, 5, 5, 20)),
)


def plausible(wished: list[Collection]) -> list[Collection]:
    """As an agent tells it: what is not told as unchanged is kept or dropped, and the last one is kept."""
    found: list[Collection] = []
    for count, one in enumerate(wished, start=1):
        before = found[-1] if found else None
        kind, told = one.kind, one.told
        if told in {"check-in", "unchanged"} and before is not None and before.told != "dropped":
            kind = before.kind
        elif told != "dropped":
            told = "snapshot"
        found.append(Collection(kind, "snapshot" if count == len(wished) else told, one.pause))
    return found


def tales_of(collections: list[Collection]) -> list[Tale]:
    """What an undisturbed agent sends: neighbours that are told alike are one passage, but not over a pause."""
    tales: list[Tale] = []
    for place, one in enumerate(collections):
        last = tales[-1] if tales else None
        runs = one.told == "dropped" or (one.told == "unchanged" and one.pause == 5)
        if last is not None and last.told == one.told and runs:
            tales[-1] = Tale(one.told, last.first, place)
        else:
            tales.append(Tale(one.told, place, place))
    return tales


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Collection], list[Tale], list[Tale], list[bool]]:
    """Collections; what is sent of them in order, and in the order of arrival, some in pieces and some twice; when to
    fold. Some that were dropped had been sent before: the answer was lost. The network repeats check-ins of what
    changed."""
    collections = plausible(draw(st.lists(COLLECTION, min_size=1, max_size=10)))
    dropped = [place for place, one in enumerate(collections) if one.told == "dropped"]
    sent = [Tale("snapshot", place, place) for place in dropped if draw(st.booleans())]
    changed = [place for place, one in enumerate(collections) if not place or one.kind != collections[place - 1].kind]
    strays = [Tale("stray", place, place) for place in changed if draw(st.booleans())]
    turns = ("stray", "snapshot")
    whole = sorted(
        [*tales_of(collections), *sent, *strays],
        key=lambda one: (one.last, turns.index(one.told) if one.told in turns else len(turns)),
    )
    pieces = [
        Tale(one.told, first, draw(st.integers(first, one.last)))
        for one in whole
        if one.last > one.first and draw(st.booleans())
        for first in [draw(st.integers(one.first, one.last))]
    ]
    order = draw(st.permutations([*whole, *pieces]))
    order = [*order, *draw(st.lists(st.sampled_from(order), max_size=3))]
    return collections, whole, order, [draw(st.booleans()) for _one in order]


class Teller:
    """A machine that looked, and tells what it saw."""

    def __init__(self, collections: list[Collection]) -> None:
        self.alpha: Machine = machine()
        self.moments: list[datetime] = []
        at = minute(0)
        for one in collections:
            at += timedelta(minutes=one.pause)
            self.moments.append(at)
            self.alpha.look(list(KINDS[one.kind]), at=at)

    def tell(self, tale: Tale) -> None:
        if tale.told == "snapshot":
            self.deliver(tale.first)
        elif tale.told == "check-in":
            if self.check_in(tale.first):
                self.deliver(tale.first)
        elif tale.told == "stray":
            self.check_in(tale.first)
        else:
            self.pass_on(tale)

    def age(self, place: int) -> float:
        return (NOW - self.moments[place]).total_seconds()

    def snapshot(self, place: int) -> Snapshot:
        return msgspec.structs.replace(self.alpha.sent[place], age=self.age(place))

    def deliver(self, place: int) -> None:
        self.alpha.deliver(self.snapshot(place), now=NOW)

    def check_in(self, place: int) -> bool:
        """Check in; whether the server asks for the facts."""
        found = self.snapshot(place)
        values = {name: getattr(found, name) for name in CheckIn.__struct_fields__}
        values.update(message=self.alpha.next_message(), sent_at=wire_moment(NOW))
        return check_in(token=self.alpha.token, check_in=CheckIn(**values), now=NOW).deliver

    def pass_on(self, tale: Tale) -> None:
        first, last = self.alpha.sent[tale.first], self.alpha.sent[tale.last]
        passage = msgspec.convert(
            {
                "kind": tale.told,
                "first": first.sequence,
                "last": last.sequence,
                "previous_digest": first.previous_digest,
                "digest": last.digest,
                "link": last.link,
                "boot_id": last.boot_id,
                "from_at": first.observed_at,
                "to_at": last.observed_at,
                "from_age": self.age(tale.first),
                "to_age": self.age(tale.last),
            },
            Passage,
        )
        said = Passages(
            protocol=1,
            installation=str(self.alpha.agent.installation),
            message=self.alpha.next_message(),
            sent_at=wire_moment(NOW),
            interval=300,
            passages=[passage],
        )
        take_passages(agent=self.alpha.agent, said=said, now=NOW)


def all_that_is_known() -> str:
    """Ledger, presence, dropped ranges and missing numbers as text."""
    spans = PresenceSpan.objects.order_by("first_sequence")
    ranges = DroppedRange.objects.order_by("first")
    lines = [
        *spans.values_list("first_sequence", "last_sequence", "from_at", "to_at", "digest"),
        *ranges.values_list("first", "last", "from_at", "to_at", "digest"),
        *SequenceGap.objects.values_list("first", "last"),
    ]
    return "\n".join([ledger_dump(), *map(str, lines)])


def undisturbed(collections: list[Collection], whole: list[Tale]) -> str:
    with transaction.atomic():
        teller = Teller(collections)
        for tale in whole:
            teller.tell(tale)
        teller.alpha.advance(now=NOW)
        text = all_that_is_known()
        transaction.set_rollback(True)
    return text


@pytest.mark.long
@given(case=arrivals())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_arrival_leaves_the_same(case: tuple[list[Collection], list[Tale], list[Tale], list[bool]]) -> None:
    collections, whole, order, folds = case
    with transaction.atomic():
        teller = Teller(collections)
        for tale, fold in zip(order, folds, strict=True):
            teller.tell(tale)
            if fold:
                teller.alpha.advance(now=NOW)
        teller.alpha.advance(now=NOW)
        disturbed = all_that_is_known()
        transaction.set_rollback(True)
    assert disturbed == undisturbed(collections, whole)
