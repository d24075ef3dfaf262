"""What was before a roll-out: given back by taking it back, and not forgotten for a list that does not name it."""

import pytest
from django.utils import timezone

from posture.fleet.models import Group, Host, Installation, Reach, RemoteRun, Rollout, RolloutKind, RunState
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.enrolment_keys import create_reenrolment_key
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.tests.cast import enrolment
from posture.fleet.tests.factories import make_group
from posture.remote.delivering import installation_of
from posture.remote.keys import make_ssh_key
from posture.remote.rollout.host_list import ListedHost
from posture.remote.rollout.installing import note_before
from posture.remote.rollout.removing import end_installation
from posture.remote.rollout.starting import By, Wish, start_install, start_removal

pytestmark = pytest.mark.django_db
BY = By("olive", None)
AGENT = "0e7f8a55-0000-4000-8000-000000000001"


def reach_at(address: str, **more: object) -> Reach:
    fields = {"name": address, "group": get_or_create_group(), "user": "root", **more}
    return Reach.objects.create(address=address, created_at=timezone.now(), created_by="alice", **fields)


def rolled_out(reach: Reach) -> Rollout:
    """A roll-out that brought an agent to the machine of this reach; its installation is ``AGENT``."""
    rollout = Rollout.objects.create(kind=RolloutKind.INSTALL, created_at=timezone.now(), created_by="olive")
    RemoteRun.objects.create(
        reach=reach, rollout=rollout, kind="install", state=RunState.DONE, created_at=timezone.now()
    )
    note_before(reach, rollout, brings=True)
    assert reach.host is not None
    _key, secret = create_reenrolment_key(host=reach.host, actor="olive")
    enrol(enrolment=enrolment(secret, name="a", installation=AGENT), now=timezone.now())
    reach.refresh_from_db()
    note_before(reach, rollout, brings=True)  # another try, when the visits are off already
    return rollout


def take_back(rollout: Rollout, reach: Reach) -> None:
    removal = start_removal(rollout=rollout, retire=True, by=BY)
    assert removal is not None
    end_installation(Installation.objects.select_related("host").get(pk=AGENT), reach, removal)


@pytest.mark.parametrize("scheduled", [True, False])
def test_visits_of_before_go_on(scheduled: bool) -> None:
    reach = reach_at("192.0.2.7", scheduled=scheduled)
    before, _key = installation_of(reach)
    reach.refresh_from_db()
    rollout = rolled_out(reach)
    assert (reach.scheduled, Host.objects.get().source) == (False, "agent")
    take_back(rollout, reach)
    reach.refresh_from_db()
    host = Host.objects.get()
    assert (reach.scheduled, host.source, host.retired_at) == (scheduled, "ssh", None)
    assert (reach.due_at is not None) == scheduled
    again, _key = installation_of(reach)
    assert again.host_id == before.host_id, "collected by hand as before, too"
    assert Installation.objects.get(pk=AGENT).revoked_at is not None


def test_a_host_that_nobody_reports_of_retires() -> None:
    reach = reach_at("192.0.2.7")
    before, _key = installation_of(reach)
    reach.refresh_from_db()
    rollout = rolled_out(reach)
    before.delete()
    take_back(rollout, reach)
    assert Host.objects.get().retired_at is not None


def test_an_agent_of_before_stays() -> None:
    reach = reach_at("192.0.2.7")
    rollout = Rollout.objects.create(kind=RolloutKind.INSTALL, created_at=timezone.now(), created_by="olive")
    RemoteRun.objects.create(
        reach=reach, rollout=rollout, kind="install", state=RunState.DONE, created_at=timezone.now()
    )
    note_before(reach, rollout, brings=False)
    assert start_removal(rollout=rollout, retire=True, by=BY) is None, "it was only brought up to date"


def listed(*hosts: ListedHost, wished: Group) -> None:
    key = make_ssh_key(name="other", actor="a", address=None)
    start_install(wish=Wish(key, "root", True, wished, []), listed=hosts, known=[], by=BY)


def test_a_list_leaves_what_it_does_not_name() -> None:
    key = make_ssh_key(name="own", actor="a", address=None)
    gate = reach_at("192.0.2.1", key=key)
    inner = reach_at("10.0.0.9", key=key, jump=gate, user="ops", name="board", use_sudo=False, scheduled=True)
    installation_of(inner)
    listed(ListedHost(2, "10.0.0.9", 22, "ops", "", "", ""), wished=make_group("Lyon"))
    inner.refresh_from_db()
    known = (inner.jump, inner.key, inner.use_sudo, inner.group, inner.name, inner.scheduled)
    assert known == (gate, key, False, get_or_create_group(), "board", True)
    other = reach_at("192.0.2.2", key=key, name="other gate")
    start_install(
        wish=Wish(key, "root", True, make_group("Nice"), []),
        listed=[ListedHost(2, "10.0.0.9", 22, "ops", "tablet", "other gate", "")],
        known=[],
        by=BY,
    )
    inner.refresh_from_db()
    assert (inner.jump, inner.name) == (other, "tablet")


def test_a_way_that_never_led_anywhere_is_corrected_by_the_next_list() -> None:
    wrong = make_ssh_key(name="wrong", actor="a", address=None)
    gate = reach_at("192.0.2.1", key=wrong)
    reach = reach_at("10.0.0.9", key=wrong, jump=gate, user="ops")
    listed(ListedHost(2, "10.0.0.9", 22, "ops", "", "", ""), wished=make_group("Lyon"))
    reach.refresh_from_db()
    assert reach.key is not None
    assert (reach.key.name, reach.jump, reach.use_sudo, reach.group.name) == ("other", None, True, "Lyon")
