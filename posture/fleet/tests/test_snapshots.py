"""Deliveries: once, in their place in time, all or nothing."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from posture.facts.tests.builders import container, engine, wire_moment
from posture.facts.wire.container import ContainerVolatile
from posture.facts.wire.engine import EngineVolatile
from posture.facts.wire.snapshot import Source, Volatile
from posture.fleet.models import Cursor, Engine, FactsBody, Host, Installation, PresenceSpan, Snapshot
from posture.fleet.services.observed import facts_at, read_snapshot
from posture.fleet.services.refusals import ClonedHost, WrongShape
from posture.fleet.tests.cast import Machine, machine, minute

pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha() -> Machine:
    return machine()


def moments(of: Machine) -> list[float]:
    """Effective times in minutes, in the order of the sequence."""
    rows = Snapshot.objects.filter(host=of.agent.host).order_by("sequence")
    return [(row.effective_at - minute(0)) / timedelta(minutes=1) for row in rows]


def test_facts_come_back_as_they_were_sent(alpha: Machine) -> None:
    sent = alpha.look([container("web"), container("db")], at=minute(1))
    stored = alpha.deliver(sent)
    assert stored.created
    kept = read_snapshot(snapshot=stored.snapshot)
    assert (kept.facts, kept.volatile, kept.digest) == (sent.facts, sent.volatile, sent.digest)
    seen = facts_at(host=alpha.agent.host, at=minute(1))
    assert seen is not None
    assert {one.name for one in seen.resources if one.kind == "container"} == {"web", "db"}
    assert facts_at(host=alpha.agent.host, at=minute(0.9)) is None


def test_a_repeated_delivery_is_stored_once(alpha: Machine) -> None:
    sent = alpha.look([container("web")], at=minute(1))
    assert [alpha.deliver(sent).created for _time in range(3)] == [True, False, False]
    again = msgspec.structs.replace(sent, id=str(uuid4()))
    assert not alpha.deliver(again).created, "one number, one snapshot"
    assert Snapshot.objects.count() == FactsBody.objects.count() == 1


def test_equal_facts_are_kept_once(alpha: Machine) -> None:
    for count in range(3):
        alpha.report([container("web")] * (count % 2), at=minute(count))
    assert Snapshot.objects.count() == 3
    assert FactsBody.objects.count() == 2


def test_the_host_shows_its_newest_facts(alpha: Machine) -> None:
    alpha.report([container("web")], at=minute(1))
    old = alpha.look([], at=minute(2))
    alpha.report([container("web"), container("db")], at=minute(3))
    alpha.deliver(old, now=minute(4))
    shown = Host.objects.get(pk=alpha.agent.host)
    assert (shown.state, shown.container_count, shown.engine_version) == ("reporting", 2, "20.10.24+dfsg1")
    assert shown.first_seen_at == minute(1)


def test_a_name_given_by_a_person_stays(alpha: Machine) -> None:
    alpha.report([], at=minute(1))
    Host.objects.update(name="till 4")
    alpha.report([container("web")], at=minute(2))
    assert Host.objects.values_list("name", "hostname").get() == ("till 4", "alpha")


def test_an_engine_that_cannot_be_read_says_why(alpha: Machine) -> None:
    words = "Permission denied; add the agent's user to the group docker."
    failed = [Source(Name=f"docker.{part}", Status="failed", Reason="not_permitted", Detail=words) for part in "ab"]
    closed = msgspec.convert({"Key": "docker", "Kind": "docker", "Endpoint": "unix:///run/docker.sock"}, type(engine()))
    alpha.report([], at=minute(1), engines=[closed], sources=failed)
    assert Engine.objects.values_list("readable", "problem").get() == (False, words)
    assert not Host.objects.get().engine_readable
    alpha.report([], at=minute(2))
    assert Engine.objects.values_list("readable", "problem").get() == (True, "")


def test_late_snapshots_take_their_place(alpha: Machine) -> None:
    sent = [alpha.look([container(f"c{count}")], at=minute(count)) for count in range(1, 5)]
    for index in (3, 0, 2, 1):
        alpha.deliver(sent[index], now=minute(10))
    assert moments(alpha) == [1, 2, 3, 4]
    assert Cursor.objects.get().pending


def test_order_is_the_sequence_not_the_clock(alpha: Machine) -> None:
    for at in (5, 3, 4):
        alpha.deliver(alpha.look([container(f"c{at}")], at=minute(at)), now=minute(5))
    first, second, third = moments(alpha)
    assert first == 5
    assert first < second < third < 5.0001


def test_a_late_one_lies_between_its_neighbours(alpha: Machine) -> None:
    sent = [alpha.look([container(f"c{at}")], at=minute(at)) for at in (1, 9, 3)]
    for index in (0, 2, 1):
        alpha.deliver(sent[index], now=minute(10))
    first, second, third = moments(alpha)
    assert (first, third) == (1, 3)
    assert first < second < third


def test_a_clock_without_battery_is_corrected(alpha: Machine) -> None:
    sent = alpha.told_anew(alpha.look([], at=minute(3)), observed_at="1970-01-01T00:00:10Z")
    alpha.deliver(sent, now=minute(3))
    assert moments(alpha)[0] == 3
    boot = alpha.told_anew(alpha.look([container("a")], at=minute(4)), observed_at=wire_moment(minute(900)))
    alpha.deliver(boot, now=minute(4))
    assert minute(3) < Snapshot.objects.get(sequence=2).effective_at < minute(3.1), "right after the one before"
    assert list(Snapshot.objects.order_by("sequence").values_list("estimated", flat=True)) == [True, True]


def test_another_snapshot_under_one_number_is_a_clone(alpha: Machine) -> None:
    alpha.report([container("web")], at=minute(1))
    alpha.sequence = 0
    other = msgspec.structs.replace(alpha.look([container("evil")], at=minute(2)), id=str(uuid4()))
    with pytest.raises(ClonedHost):
        alpha.deliver(other)
    assert Snapshot.objects.count() == 1
    assert Installation.objects.get().quarantined_at is not None


def test_an_id_of_another_installation_is_refused(alpha: Machine) -> None:
    stored = alpha.report([], at=minute(1))
    beta = machine("beta")
    with pytest.raises(WrongShape) as caught:
        beta.deliver(msgspec.structs.replace(beta.look([], at=minute(1)), id=str(stored.snapshot)))
    assert caught.value.field == "id"


def test_a_wrong_digest_is_refused(alpha: Machine) -> None:
    sent = alpha.look([container("web")], at=minute(1))
    with pytest.raises(WrongShape) as caught:
        alpha.deliver(msgspec.structs.replace(sent, digest="sha256:" + "0" * 64))
    assert caught.value.field == "digest"
    assert not FactsBody.objects.exists()


def test_what_the_database_cannot_hold_is_replaced(alpha: Machine) -> None:
    nasty = "we\0b \\u0000 \N{PILE OF POO}"
    sent = alpha.look([container(nasty)], at=minute(1), engines=[engine([container(nasty)], Endpoint="unix:///\0")])
    named = {nasty: ContainerVolatile(Id="a\0b")}
    sent = msgspec.structs.replace(sent, volatile=Volatile(Engines={"docker": EngineVolatile(Containers=named)}))
    stored = alpha.deliver(sent)
    alpha.advance(now=minute(2))
    assert read_snapshot(snapshot=stored.snapshot).facts == sent.facts
    volatile = Snapshot.objects.get().volatile["Engines"]["docker"]["Containers"]
    assert volatile == {nasty.replace("\0", "\N{REPLACEMENT CHARACTER}"): {"Id": "a\N{REPLACEMENT CHARACTER}b"}}


def test_presence_of_late_snapshots_closes_the_gap_in_the_sequence(alpha: Machine) -> None:
    sent = [alpha.look([container(f"c{count}")], at=minute(count)) for count in range(1, 4)]
    for index in (2, 1, 0):
        alpha.deliver(sent[index], now=minute(5))
    rows = PresenceSpan.objects.order_by("from_at").values_list("first_sequence", "last_sequence", "digest")
    assert [tuple(row) for row in rows] == [(one.sequence, one.sequence, one.digest) for one in sent]
