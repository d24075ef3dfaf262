"""One machine that was enrolled again: as the same host, or merged with it afterwards."""

import pytest
from django.db import transaction

from posture.facts.tests.builders import container, hardened
from posture.fleet.models import AuditEntry, Host, Installation, OpenFinding, PresenceSpan, Resource, Snapshot, Source
from posture.fleet.queries.ledger_dump import ledger_dump
from posture.fleet.queries.reporting import old_hosts_of
from posture.fleet.queries.scope import Scope
from posture.fleet.services.agents import authenticate
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.enrolment_keys import create_reenrolment_key
from posture.fleet.services.merging import CannotMerge, Unmergeable, merge_hosts
from posture.fleet.services.refusals import KeyRefused, UnknownToken
from posture.fleet.services.sources import take_source
from posture.fleet.tests.cast import Machine, enrolment, machine, make_key, minute

pytestmark = pytest.mark.django_db


def again(name: str, key: str, at: float, installation: str) -> Machine:
    """The machine of this name enrolled anew."""
    said = enrolment(key, name=name, installation=installation)
    made = enrol(enrolment=said, now=minute(at))
    return Machine(name=name, token=made.token, agent=authenticate(token=made.token, now=minute(at)), key=made.key)


OTHER = "0e7f8a55-0000-4000-8000-000000000001"


def test_a_host_that_is_enrolled_again_goes_on() -> None:
    alpha = machine()
    alpha.report([container("web")], at=minute(1))
    host = Host.objects.get()
    take_source(host=host.pk, source=Source.SSH, actor="ops")
    _key, secret = create_reenrolment_key(host=Host.objects.get(), actor="ops")
    fresh = again("alpha", secret, 10, OTHER)
    with pytest.raises(UnknownToken):
        alpha.report([hardened("web")], at=minute(11))
    fresh.report([hardened("web")], at=minute(12))
    assert fresh.agent.host == host.pk
    assert Host.objects.get().source == Source.AGENT
    assert fresh.advance(now=minute(13)) == "done"
    assert Snapshot.objects.filter(host=host).count() == 2
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert {"host.reenrolled", "host.source_changed"} <= set(actions)


def test_a_key_for_one_host_works_once_and_replaces_the_one_before() -> None:
    machine().report([], at=minute(1))
    _key, first = create_reenrolment_key(host=Host.objects.get(), actor="ops")
    _key, second = create_reenrolment_key(host=Host.objects.get(), actor="ops")
    with pytest.raises(KeyRefused):
        again("alpha", first, 10, OTHER)
    again("alpha", second, 10, OTHER)
    with pytest.raises(KeyRefused):
        again("alpha", second, 10, "0e7f8a55-0000-4000-8000-000000000002")
    Host.objects.update(retired_at=minute(20))
    with pytest.raises(ValueError, match="retired"):
        create_reenrolment_key(host=Host.objects.get(), actor="ops")


def test_merged_hosts_have_the_ledger_of_one() -> None:
    """What two installations reported one after the other is judged as if one had."""
    key = make_key()
    with transaction.atomic():
        one = machine(key=key)
        one.report([container("web"), container("db")], at=minute(1))
        one.report([hardened("web")], at=minute(61))
        one.advance(now=minute(80))
        undisturbed = ledger_dump()
        transaction.set_rollback(True)
    old = machine(key=key)
    old.report([container("web"), container("db")], at=minute(1))
    old.advance(now=minute(2))
    new = again("alpha", key, 60, OTHER)
    new.report([hardened("web")], at=minute(61))
    new.check_in(at=minute(66))
    new.advance(now=minute(70))
    assert Resource.objects.filter(host=new.agent.host).exists()
    merge_hosts(newer=new.agent.host, older=old.agent.host, now=minute(71), actor="ops")
    old.advance(now=minute(80))
    merged = Host.objects.get(pk=new.agent.host)
    assert (merged.merged_into_id, merged.state) == (old.agent.host, "retired")
    assert not OpenFinding.objects.filter(host=merged).exists()
    assert not Resource.objects.filter(host=merged).exists()
    assert list(Scope().hosts()) == [Host.objects.get(pk=old.agent.host)]
    assert ledger_dump() == undisturbed
    with pytest.raises(UnknownToken):
        old.report([], at=minute(90))
    new.agent = authenticate(token=new.token, now=minute(90))
    assert new.agent.host == old.agent.host
    new.report([container("web")], at=minute(91))
    assert PresenceSpan.objects.filter(host=old.agent.host).count() == 3


def test_what_cannot_be_merged() -> None:
    key = make_key()
    old, other = machine(key=key), machine("beta", key=key)
    for one in (old, other):
        one.report([container("web")], at=minute(1))
    old.report([container("db")], at=minute(5))
    silent = machine("gamma", key=key)

    def refused(newer: Machine, older: Machine) -> Unmergeable:
        with pytest.raises(CannotMerge) as caught:
            merge_hosts(newer=newer.agent.host, older=older.agent.host, now=minute(9), actor="ops")
        return caught.value.reason

    assert refused(other, old) is Unmergeable.OVERLAP
    assert refused(old, old) is Unmergeable.SAME
    assert refused(silent, old) is Unmergeable.SILENT
    Host.objects.filter(pk=other.agent.host).update(is_demo=True)
    assert refused(other, old) is Unmergeable.DEMO
    assert Installation.objects.filter(revoked_at=None).count() == 3


def test_an_equal_machine_id_proposes_hosts_that_do_not_overlap() -> None:
    key = make_key()
    old = machine(key=key)
    old.report([], at=minute(1))
    new = again("alpha", key, 60, OTHER)
    new.report([], at=minute(61))
    beside = machine("beta", key=key)
    beside.report([], at=minute(2))
    beside.report([container("web")], at=minute(70))
    Host.objects.update(machine_id="f" * 32)
    found = Host.objects.get(pk=new.agent.host)
    assert [one.pk for one in old_hosts_of(scope=Scope(), host=found)] == [old.agent.host]
    assert old_hosts_of(scope=Scope(groups=frozenset()), host=found) == []
