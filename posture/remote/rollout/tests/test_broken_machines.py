"""A roll-out to machines that are broken, each in its own way: what to do is said, and none disturbs another."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from posture.fleet.models import EnrolmentKey, Reach, RemoteRun, Rollout, RunState, SshKey
from posture.fleet.services.groups import get_or_create_group
from posture.launch.port import free_port
from posture.remote.host_keys import fingerprint_of
from posture.remote.keys import make_ssh_key
from posture.remote.problems import PROBLEMS
from posture.remote.reaches import approve_host_key
from posture.remote.rollout.host_list import ListedHost, WrongList
from posture.remote.rollout.running import run_host
from posture.remote.rollout.starting import By, Wish, approve_shown, cancel, retry_failed, start_install, unknown_keys
from posture.remote.rollout.sweeping import DEAD_AFTER, end_dead_runs, lost_runs
from posture.remote.tests.conftest import MakeReach
from posture.tests.sshd import TestMachine, TestNetwork

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("agent_file")]
FULL = """rm -rf var/lib/posture-agent; mkdir -p usr/local/bin; mount -t tmpfs -o size=64k tmpfs usr/local/bin
"""
BY = By("olive", "192.0.2.1")


@pytest.fixture(scope="module")
def machine(network: TestNetwork) -> TestMachine:
    return network.machine("alpha")


def rollout_on(*reaches: Reach) -> Rollout:
    wish = Wish(SshKey.objects.get(name="fleet"), "ops", True, get_or_create_group(), [])
    return start_install(wish=wish, listed=[], known=reaches, by=BY)


def outcome(*reaches: Reach) -> list[tuple[str, str]]:
    """State and problem of each, in the order given."""
    rollout = rollout_on(*reaches)
    for run in rollout.runs.all():
        run_host(run=run.pk)
    rollout.refresh_from_db()
    assert rollout.ended_at is not None
    by_reach = {run.reach_id: run for run in rollout.runs.all()}
    for run in by_reach.values():
        assert str(PROBLEMS[run.problem].advice)
    return [(by_reach[reach.pk].state, by_reach[reach.pk].problem) for reach in reaches]


def test_each_says_what_to_do(network: TestNetwork, machine: TestMachine, reach_to: MakeReach) -> None:
    other_key = make_ssh_key(name="other", actor="alice", address=None)
    full = network.machine("full", setup=FULL)
    reaches = [
        reach_to(network.machine("no-sudo", sudo=False)),
        reach_to(network.machine("no-python", python=False)),
        reach_to(full),
        reach_to(machine, name="wrong-key", key=other_key, port=22),
        Reach(name="dead-port", address=network.gateway, port=free_port()),
        reach_to(network.machine("no-rights"), use_sudo=False),
    ]
    dead = reaches[4]
    dead.group, dead.key, dead.user = get_or_create_group(), reaches[0].key, "ops"
    dead.created_at, dead.created_by = timezone.now(), "alice"
    dead.save()
    assert outcome(*reaches) == [
        ("failed", "sudo_refused"),
        ("failed", "no_python"),
        ("failed", "disk_full"),
        ("failed", "auth_failed"),
        ("failed", "refused"),
        ("failed", "root_needed"),
    ]
    assert full.sh("ls /usr/local/bin; ls -d /var/lib/posture-agent || true") == ""
    assert not EnrolmentKey.objects.exists(), "no key was made for a host that was not ready"


def test_a_server_that_cannot_be_reached_from_there(
    machine: TestMachine, reach_to: MakeReach, settings: object
) -> None:
    settings.PUBLIC_URL = f"https://127.0.0.1:{free_port()}"  # type: ignore[attr-defined]
    assert outcome(reach_to(machine)) == [("failed", "server_unreachable")]
    key = EnrolmentKey.objects.get()
    assert key.revoked_at is not None, "a key that was not used ends at once"
    assert key.use_limit == 1
    run = RemoteRun.objects.get()
    assert "pek_" not in run.detail
    machine.sh("/usr/local/bin/posture-agent uninstall")


def test_unknown_keys_are_shown_together_and_approved_as_shown(network: TestNetwork, reach_to: MakeReach) -> None:
    inner = reach_to(network.machine("jump"), host_key="")
    behind = reach_to(network.machine("behind", sudo=False, behind=network.machines[-1]), host_key="", jump=inner)
    rollout = rollout_on(inner, behind)
    runs = {run.reach_id: run.pk for run in rollout.runs.all()}
    for run in runs.values():
        run_host(run=run)
    assert set(rollout.runs.values_list("state", "problem")) == {("waiting", "host_key_unknown")}
    (shown,) = unknown_keys(rollout=rollout).items()
    assert shown[0].pk == inner.pk, "what is behind is not met before its jump host is known"
    assert lost_runs(now=timezone.now() + DEAD_AFTER) == [], "they wait for a person"
    assert approve_shown(rollout=rollout, shown={inner.pk: "SHA256:" + "x" * 43}, by=BY) == []
    assert sorted(approve_shown(rollout=rollout, shown={inner.pk: shown[1]}, by=BY)) == sorted(runs.values())
    run_host(run=runs[behind.pk])
    assert [reach.pk for reach in unknown_keys(rollout=rollout)] == [behind.pk]
    behind.refresh_from_db()
    approve_host_key(reach=behind, fingerprint=fingerprint_of(behind.offered_key), actor="alice", address=None)
    later = timezone.now() + DEAD_AFTER
    assert runs[behind.pk] in lost_runs(now=later), "approved under Remote hosts"
    behind_run = RemoteRun.objects.get(pk=runs[behind.pk])
    run_host(run=behind_run.pk)
    behind_run.refresh_from_db()
    assert behind_run.problem == "sudo_refused"


def test_a_fingerprint_in_the_list_approves_by_itself(network: TestNetwork, ssh_key: SshKey) -> None:
    machine = network.machine("listed", sudo=False)
    machine.authorize(ssh_key.public)
    wish = Wish(ssh_key, "ops", True, get_or_create_group(), [])
    right = machine.sh("ssh-keygen -lf /etc/ssh/test_host_key").split()[1]
    for listed, problem in (("SHA256:" + "x" * 43, "fingerprint_differs"), (right, "sudo_refused")):
        host = ListedHost(2, machine.address, 22, "", "listed", "", listed)
        rollout = start_install(wish=wish, listed=[host], known=[], by=BY)
        run = rollout.runs.get()
        run_host(run=run.pk)
        run.refresh_from_db()
        assert (run.state, run.problem) == ("failed", problem)
    with pytest.raises(WrongList, match="other_key"):
        start_install(
            wish=wish, listed=[ListedHost(7, machine.address, 22, "", "", "", "SHA256:" + "x" * 43)], known=[], by=BY
        )


def test_what_a_list_says_about_the_way_is_checked(ssh_key: SshKey) -> None:
    wish = Wish(ssh_key, "ops", True, get_or_create_group(), [])

    def refused(*hosts: ListedHost) -> list[tuple[int, str, str]]:
        with pytest.raises(WrongList) as caught:
            start_install(wish=wish, listed=hosts, known=[], by=BY)
        assert not Rollout.objects.exists()
        return [(one.line, one.column, one.reason) for one in caught.value.troubles]

    assert refused(ListedHost(2, "a", 22, "", "a", "nowhere", "")) == [(2, "jump", "jump")]
    circle = (ListedHost(2, "a", 22, "", "a", "b", ""), ListedHost(3, "b", 22, "", "b", "a", ""))
    assert refused(*circle) == [(2, "jump", "jump_loop"), (3, "jump", "jump_loop")]


def test_a_long_list_costs_as_many_statements_as_a_short_one(
    ssh_key: SshKey, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    wish = Wish(ssh_key, "ops", True, get_or_create_group(), [])
    jumps = ["", *("host-0" for _number in range(999))]
    hosts = [ListedHost(n + 2, f"host-{n}", 22, "", f"host-{n}", jump, "") for n, jump in enumerate(jumps)]
    for _twice in range(2):
        with django_assert_max_num_queries(20):
            rollout = start_install(wish=wish, listed=hosts, known=[], by=BY)
        assert rollout.runs.count() == 1000
    assert Reach.objects.filter(jump__name="host-0").count() == 999


def test_runs_are_claimed_once_cancelled_swept_and_tried_again(reach_to: MakeReach, machine: TestMachine) -> None:
    rollout = rollout_on(reach_to(machine))
    run = rollout.runs.get()
    RemoteRun.objects.update(state=RunState.RUNNING, started_at=timezone.now(), seen_at=timezone.now())
    run_host(run=run.pk)
    run.refresh_from_db()
    assert run.state == "running", "another worker has it"
    assert end_dead_runs(now=timezone.now()) == 0
    assert end_dead_runs(now=timezone.now() + DEAD_AFTER * 1.1) == 1
    run.refresh_from_db()
    rollout.refresh_from_db()
    assert (run.state, run.problem, rollout.ended_at is not None) == ("failed", "died", True)
    assert retry_failed(rollout=rollout, by=BY) == [run.pk]
    assert lost_runs(now=timezone.now()) == []
    assert lost_runs(now=timezone.now() + DEAD_AFTER) == [run.pk]
    rollout.refresh_from_db()
    cancel(rollout=rollout, by=BY)
    run_host(run=run.pk)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("failed", "cancelled")
