"""What starts the agent on a machine, from its own clock: it does, or the roll-out says that nothing does."""

import re

import pytest

from posture.remote.connection import connect
from posture.remote.problems import PROBLEMS, RemoteTrouble
from posture.remote.rollout.installing import demand_start, install
from posture.remote.rollout.program import Program, copy_program, look_at
from posture.remote.tests.conftest import MakeReach
from posture.tests.sshd import TestMachine, TestNetwork

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("agent_file")]
BARE = "rm -rf var/lib/posture-agent etc/posture-agent.conf etc/cron.d/posture-agent usr/local/bin/posture-agent\n"
# As on RHEL 8: the usual Python is too old, another one beside it is not.
OLD_BESIDE_NEW = """mkdir -p etc/cron.d; rm -f usr/local/bin/python*
rm -f usr/bin/python3; printf '#!/bin/sh\\necho too old >&2; exit 1\\n' > usr/bin/python3; chmod 755 usr/bin/python3
"""
CRON = "mkdir -p /run/c; cp /bin/sleep /run/c/cron; /run/c/cron 600 >/dev/null 2>&1 &"


def installed(machine: TestMachine, reach_to: MakeReach) -> None:
    with connect(reach_to(machine)) as connection:
        seen = look_at(connection)
        copy_program(connection, seen)
        program = Program(connection, seen)
        install(program)
        demand_start(program)


@pytest.fixture(scope="module")
def plain(network: TestNetwork) -> TestMachine:
    return network.machine("plain", setup=f"{BARE}mkdir -p etc/cron.d\n")


def test_it_says_that_nothing_starts_it(plain: TestMachine, reach_to: MakeReach) -> None:
    with pytest.raises(RemoteTrouble) as caught:
        installed(plain, reach_to)
    assert (caught.value.problem, caught.value.detail) == ("not_started", "cron")
    assert "cron" in str(PROBLEMS["not_started"].advice)
    plain.sh(CRON)
    with connect(reach_to(plain, name="again", user="root")) as connection:
        demand_start(Program(connection, look_at(connection)))


def test_a_machine_without_any_clock(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("clockless", setup=f"{BARE}rm -rf etc/cron.d etc/periodic\n")
    with pytest.raises(RemoteTrouble) as caught:
        installed(machine, reach_to)
    assert caught.value.problem == "not_started"
    assert "neither systemd nor cron" in caught.value.detail


def test_the_clock_uses_a_python_that_works(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("rhel8", setup=BARE + OLD_BESIDE_NEW)
    machine.sh(CRON)
    installed(machine, reach_to)
    (line,) = [line for line in machine.sh("cat /etc/cron.d/posture-agent").splitlines() if " root " in line]
    command = line.partition(" root ")[2].partition(" send ")[0]
    assert re.fullmatch(r"/usr/bin/python3[.]\d+ /usr/local/bin/posture-agent", command)
    assert '"by": "cron"' in machine.sh(f"{command} status --json || test $? -eq 3")
    assert "too old" in machine.sh("/usr/local/bin/posture-agent status 2>&1 || true"), (
        "its first line finds the old one"
    )


def test_a_place_that_is_missing_is_made(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("nodir", setup=f"{BARE}rm -rf usr/local/bin; mkdir -p etc/cron.d\n")
    machine.sh(CRON)
    installed(machine, reach_to)
    assert machine.sh("stat -c %a /usr/local/bin /usr/local/bin/posture-agent") == "755\n755\n"


def test_a_place_that_is_read_only_is_named(network: TestNetwork, reach_to: MakeReach) -> None:
    closed = "mkdir -p usr/local/bin; mount -t tmpfs -o ro,size=64m tmpfs usr/local/bin\n"
    with pytest.raises(RemoteTrouble) as caught:
        installed(network.machine("closed", setup=BARE + closed), reach_to)
    assert (caught.value.problem, caught.value.detail) == ("read_only", "/usr/local/bin")
