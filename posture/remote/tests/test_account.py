"""Accounts that may not do what is asked of them: what is said is what is wrong, and doing what is said mends it."""

import pytest

from posture.remote.connection import connect
from posture.remote.problems import PROBLEMS, RemoteTrouble
from posture.remote.rollout.program import look_at
from posture.remote.tests.conftest import MakeReach
from posture.tests.sshd import TestMachine, TestNetwork

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("agent_file")]
RULES = "printf '%s' > /etc/sudoers.d/ops"
ALL = "ops ALL=(root) NOPASSWD: ALL\\n"


@pytest.fixture(scope="module")
def machine(network: TestNetwork) -> TestMachine:
    return network.machine("account")


def trouble_at(machine: TestMachine, reach_to: MakeReach, **more: object) -> RemoteTrouble:
    with pytest.raises(RemoteTrouble) as caught, connect(reach_to(machine, **more)) as connection:
        look_at(connection)
    return caught.value


@pytest.mark.parametrize(
    ("wrong", "right", "problem", "word", "own"),
    [
        (RULES % f"Defaults requiretty\\n{ALL}", RULES % f"Defaults requiretty\\n{ALL}Defaults:ops !requiretty\\n",
         "sudo_terminal", "!requiretty", "tty"),
        (RULES % "ops ALL=(root) NOPASSWD: /usr/bin/true\\n", RULES % ALL, "sudo_refused", "NOPASSWD: ALL", ""),
        (RULES % "ops ALL=(root) NOPASSWD: /usr/bin/sh\\n", RULES % ALL, "sudo_refused", "NOPASSWD: ALL", ""),
        ("mv /usr/bin/sudo /usr/bin/away", "mv /usr/bin/away /usr/bin/sudo", "no_sudo", "Install sudo", "not found"),
        ("sed -i '/^ops:/s|/bin/sh$|/usr/sbin/nologin|' /etc/passwd",
         "sed -i '/^ops:/s|/usr/sbin/nologin|/bin/sh|' /etc/passwd", "no_commands", "nologin", "not available"),
        ("sed -i 's/^/command=\"echo hello\" /' /home/ops/.ssh/authorized_keys",
         "sed -i 's/^command=[^ ]* hello\" //' /home/ops/.ssh/authorized_keys", "no_commands", "command=", "hello"),
    ],
    ids=["terminal", "single", "shell", "none", "nologin", "forced"],
)  # fmt: skip
def test_the_advice_fits(
    machine: TestMachine, reach_to: MakeReach, wrong: str, right: str, problem: str, word: str, own: str
) -> None:
    reach = reach_to(machine)
    machine.sh(wrong)
    with pytest.raises(RemoteTrouble) as caught, connect(reach) as connection:
        look_at(connection)
    assert (caught.value.problem, own in caught.value.detail) == (problem, True), caught.value
    assert caught.value.detail, "the machine's own words"
    assert word in str(PROBLEMS[problem].advice)
    machine.sh(right)
    with connect(reach) as connection:
        assert look_at(connection).uid == 0, "doing what is said mends it"


def test_a_user_without_sudo_who_runs_nothing(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("forced", config="ForceCommand /bin/echo hello\n")
    trouble = trouble_at(machine, reach_to, use_sudo=False)
    assert (trouble.problem, trouble.detail) == ("no_commands", "hello")


def test_one_session_at_a_time_is_enough(network: TestNetwork, reach_to: MakeReach) -> None:
    with connect(reach_to(network.machine("single", config="MaxSessions 1\n"))) as connection:
        assert look_at(connection).uid == 0
        for _often in range(60):  # now and then the one before is not quite gone
            assert connection.run(["true"]).status == 0
    trouble = trouble_at(network.machine("closed", config="MaxSessions 0\n"), reach_to)
    assert trouble.problem == "sessions_refused"
    assert "MaxSessions" in str(PROBLEMS["sessions_refused"].advice)
