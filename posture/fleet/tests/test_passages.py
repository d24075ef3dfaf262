"""What happened while an agent could send nothing."""

from datetime import timedelta

import pytest

from posture.facts.tests.builders import container, wire_moment
from posture.facts.wire.messages import Passage, Passages
from posture.facts.wire.snapshot import CheckIn
from posture.fleet.models import DroppedRange, Installation, PresenceSpan, SequenceGap
from posture.fleet.queries.trend import silences_of
from posture.fleet.services import passages
from posture.fleet.services.check_in import check_in
from posture.fleet.services.passages import take_passages
from posture.fleet.services.refusals import ClonedHost, WrongShape
from posture.fleet.tests.cast import Machine, machine, minute

pytestmark = pytest.mark.django_db
OTHER = "sha256:" + "f" * 64


@pytest.fixture
def alpha() -> Machine:
    """A machine whose first facts were delivered at minute 0."""
    made = machine()
    made.report([container("web")], at=minute(0))
    return made


def passage(of: Machine, kind: str, first: int, last: int, *, digest: str, **more: object) -> Passage:
    """One every five minutes after the first at minute 0; no ages, the clock is right."""
    values = {
        "kind": kind,
        "first": first,
        "last": last,
        "previous_digest": of.last_digest,
        "digest": digest,
        "link": f"{last:064x}",
        "boot_id": of.boot,
        "from_at": wire_moment(minute(5 * (first - 1))),
        "to_at": wire_moment(minute(5 * (last - 1))),
        "from_age": None,
        "to_age": None,
        **more,
    }
    of.last_digest, of.last_link, of.sequence = digest, f"{last:064x}", last
    return Passage(**values)  # type: ignore[arg-type]  # the names are those of the structure


def send(of: Machine, *passages: Passage, at: float = 600) -> None:
    said = Passages(
        protocol=1,
        installation=str(of.agent.installation),
        message=of.next_message(),
        sent_at=wire_moment(minute(at)),
        interval=300,
        passages=list(passages),
    )
    take_passages(agent=of.agent, said=said, now=minute(at))


def spans() -> list[tuple[float, float, int, int]]:
    """Presence in minutes and numbers."""
    return [
        (
            (one.from_at - minute(0)) / timedelta(minutes=1),
            (one.to_at - minute(0)) / timedelta(minutes=1),
            one.first_sequence,
            one.last_sequence,
        )
        for one in PresenceSpan.objects.order_by("from_at")
    ]


def test_an_unchanged_week_is_presence_and_needs_no_facts(alpha: Machine) -> None:
    known = alpha.last_digest or ""
    send(alpha, passage(alpha, "unchanged", 2, 101, digest=known))
    assert spans() == [(0, 500, 1, 101)]
    assert not alpha.check_in(at=minute(505)).deliver
    assert spans() == [(0, 505, 1, 102)]


def test_a_pause_stays_a_gap(alpha: Machine) -> None:
    known = alpha.last_digest or ""
    send(
        alpha,
        passage(alpha, "unchanged", 2, 3, digest=known),
        passage(
            alpha, "unchanged", 4, 5, digest=known, from_at=wire_moment(minute(100)), to_at=wire_moment(minute(105))
        ),
    )
    assert spans() == [(0, 10, 1, 3), (100, 105, 4, 5)]


def test_what_was_dropped_is_told_and_the_next_facts_are_asked_for(alpha: Machine) -> None:
    said = passage(alpha, "dropped", 2, 9, digest=OTHER)
    for _time in range(2):
        send(alpha, said)
    found = DroppedRange.objects.get()
    assert (found.first, found.last, found.from_at, found.to_at) == (2, 9, minute(5), minute(40))
    assert alpha.check_in(at=minute(601)).deliver, "nobody has these facts"
    silent = silences_of(host=alpha.agent.host, from_at=minute(-1), to_at=minute(42))
    assert [(one.dropped, one.from_at) for one in silent] == [(True, minute(5))]


def unknown() -> list[tuple[int, int]]:
    """Numbers that are missing, and those whose facts were not kept."""
    return [pair for model in (SequenceGap, DroppedRange) for pair in model.objects.values_list("first", "last")]


@pytest.mark.parametrize("kind", ["left out", "dropped"])
def test_a_late_change_is_known_with_its_facts_alone(alpha: Machine, kind: str) -> None:
    changed = alpha.look([], at=minute(5))
    if kind == "dropped":
        before = changed.previous_digest
        send(alpha, passage(alpha, "dropped", 2, 2, digest=changed.digest, previous_digest=before), at=6)
    alpha.report([container("web")], at=minute(10))
    said = CheckIn(**{name: getattr(changed, name) for name in CheckIn.__struct_fields__})
    found = (spans(), unknown())

    asked = [check_in(token=alpha.token, check_in=said, now=minute(11)).deliver for _again in range(2)]
    assert asked == [True, True]
    assert (spans(), unknown()) == found == (spans(), [(2, 2)])

    alpha.deliver(changed, now=minute(12))
    assert not check_in(token=alpha.token, check_in=said, now=minute(13)).deliver
    assert unknown() == []


def test_numbers_left_out_are_missing_until_they_come(alpha: Machine) -> None:
    known = alpha.last_digest or ""
    send(alpha, passage(alpha, "unchanged", 8, 9, digest=known))
    assert list(SequenceGap.objects.values_list("first", "last")) == [(2, 7)]
    send(alpha, passage(alpha, "unchanged", 2, 7, digest=known))
    assert not SequenceGap.objects.exists()
    assert spans() == [(0, 40, 1, 9)]
    assert Installation.objects.get().last_sequence == 9


def test_passages_of_a_clone_are_refused_as_a_whole(alpha: Machine) -> None:
    with pytest.raises(ClonedHost):
        send(alpha, passage(alpha, "unchanged", 1, 4, digest=OTHER))
    alpha.last_digest = OTHER
    with pytest.raises(ClonedHost):
        send(alpha, passage(alpha, "unchanged", 2, 4, digest=OTHER))
    assert spans() == [(0, 0, 1, 1)]
    assert Installation.objects.get().quarantined_at is not None
    stranger = machine("beta")
    with pytest.raises(WrongShape):
        take_passages(
            agent=stranger.agent,
            said=Passages(
                protocol=1,
                installation=str(alpha.agent.installation),
                message=1,
                sent_at=wire_moment(minute(9)),
                interval=300,
                passages=[passage(alpha, "dropped", 2, 4, digest=OTHER)],
            ),
            now=minute(9),
        )


def test_ranges_over_everything_known_are_refused(alpha: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "MOST_CROSSED", 5)
    known = alpha.last_digest or ""
    send(alpha, *(passage(alpha, "unchanged", number, number, digest=known) for number in (3, 5, 7)))
    before = spans()
    with pytest.raises(WrongShape) as refused:
        send(alpha, *(passage(alpha, "dropped", 1, 2**20, digest=OTHER) for _ in range(2)))
    assert refused.value.field == "passages[1].last"
    assert (spans(), DroppedRange.objects.count()) == (before, 0)
