"""Connections to machines with a real sshd."""

import shlex
import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from posture.fleet.models import Reach, SshKey
from posture.remote import connection
from posture.remote.connection import PUT, connect
from posture.remote.keys import make_ssh_key
from posture.remote.problems import PROBLEMS, HostKeyChanged, HostKeyUnknown, RemoteTrouble
from posture.remote.tests.conftest import MakeReach
from posture.tests.sshd import TestMachine, TestNetwork

pytestmark = pytest.mark.django_db
FURTHER = "ssh-keygen -q -t ecdsa -N '' -f etc/ssh/further\n"


@pytest.fixture(scope="module")
def machine(network: TestNetwork) -> TestMachine:
    return network.machine("alpha")


def problem_of(reach: Reach) -> str:
    with pytest.raises(RemoteTrouble) as trouble, connect(reach):
        pass
    return trouble.value.problem


def test_runs_as_the_user_and_as_root(machine: TestMachine, reach_to: MakeReach) -> None:
    with connect(reach_to(machine)) as open_:
        assert open_.run(["id", "-un"]).stdout == b"ops\n"
        assert open_.run(["id", "-un"], root=True).stdout == b"root\n"
        assert open_.run(["sh", "-c", "cat; echo no >&2; exit 7"], b"data\0").stdout == b"data\0"
        done = open_.run(["sh", "-c", "echo no >&2; exit 7"], b"never read")
        assert (done.status, done.stdout, done.stderr) == (7, b"", b"no\n")


def test_no_shell_reads_data(machine: TestMachine, reach_to: MakeReach) -> None:
    hostile = "$(touch /tmp/hit) `touch /tmp/hit` '; touch /tmp/hit; ' \" \\ \n * ~"
    with connect(reach_to(machine)) as open_:
        assert open_.run(["printf", "%s", hostile]).stdout.decode() == hostile
        assert open_.run(["test", "-e", "/tmp/hit"]).status == 1


def test_no_environment_and_no_agent_travel(
    machine: TestMachine, reach_to: MakeReach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_SECRET", "canary")
    with connect(reach_to(machine)) as open_:
        seen = open_.run(["env"]).stdout
    assert b"canary" not in seen
    assert b"SSH_AUTH_SOCK" not in seen


def test_puts_files_whole(machine: TestMachine, reach_to: MakeReach) -> None:
    content = bytes(range(256)) * 5000
    with connect(reach_to(machine)) as open_:
        open_.put(content, "/usr/local/bin/it's here", mode=0o750, root=True)
        open_.put(b"again", "/usr/local/bin/it's here", mode=0o700, root=True)
        with pytest.raises(RemoteTrouble) as trouble:
            open_.put(b"x", "/usr/local/bin/not-mine", mode=0o600)
    assert trouble.value.problem == "command_failed"
    assert machine.sh("cat \"/usr/local/bin/it's here\"; stat -c '%a %U' /usr/local/bin/it*") == "again700 root\n"
    assert machine.sh("ls /usr/local/bin | grep -c '^it\\|^not' ") == "1\n"


def test_a_file_that_came_in_part_replaces_nothing(machine: TestMachine, reach_to: MakeReach) -> None:
    content = b"N" * 100_000
    place = "/usr/local/bin/cut"
    with connect(reach_to(machine)) as open_:
        open_.put(b"good", place, mode=0o755, root=True)
        words = ["sudo", "-n", "sh", "-c", PUT, "sh", f"{place}.new", "755", place, str(len(content))]
        channel = open_.transport.open_session()
        channel.exec_command(shlex.join(words))
        channel.sendall(content[:40_000])
        channel.shutdown_write()  # what a machine sees of a connection that breaks off
        assert channel.recv_exit_status() != 0
    assert machine.sh(f"cat {place}; ls {place}*") == f"good{place}\n"


def test_the_advice_for_an_unknown_key_shows_keys_of_every_kind(network: TestNetwork) -> None:
    make = "ssh-keygen -q -t {0} -N '' -f etc/ssh/ssh_host_{0}_key\n"
    machine = network.machine("kinds", setup="rm -f etc/ssh/ssh_host_*\n" + make.format("rsa") + make.format("ed25519"))
    advice = str(PROBLEMS["host_key_unknown"].advice)
    command = advice.partition("(")[2].partition(")")[0]
    assert {line.split()[-1] for line in machine.sh(command).splitlines()} == {"(RSA)", "(ED25519)"}


def test_an_unknown_key_is_refused_and_kept(machine: TestMachine, reach_to: MakeReach) -> None:
    reach = reach_to(machine, host_key="")
    with pytest.raises(HostKeyUnknown) as unknown:
        connect(reach)
    reach.refresh_from_db()
    assert reach.offered_key == machine.host_key
    assert reach.offered_at is not None
    assert unknown.value.fingerprint in machine.sh("ssh-keygen -lf /etc/ssh/test_host_key")


def test_a_changed_key_is_refused(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("changing")
    reach = reach_to(machine)
    connect(reach).close()
    approved = machine.host_key
    machine.change_host_key()
    with pytest.raises(HostKeyChanged) as changed:
        connect(reach)
    reach.refresh_from_db()
    assert reach.host_key == approved
    assert reach.offered_key == machine.host_key
    assert changed.value.fingerprint != changed.value.approved
    assert "Accepted publickey" not in machine.log().split("SIGHUP")[-1]


def test_a_further_host_key_changes_nothing(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("further", config="HostKey /etc/ssh/further\n", setup=FURTHER)
    reach = reach_to(machine)
    connect(reach).close()
    kind, key = machine.sh("cut -d' ' -f1,2 /etc/ssh/further.pub").split()
    Reach.objects.filter(pk=reach.pk).update(host_key=f"{kind} {key}")
    connect(Reach.objects.get(pk=reach.pk)).close()
    assert Reach.objects.get(pk=reach.pk).offered_key == ""  # nobody is asked


def test_a_wrong_key_is_refused(machine: TestMachine, reach_to: MakeReach) -> None:
    stranger = make_ssh_key(name="stranger", actor="alice", address=None)
    assert problem_of(reach_to(machine, key=stranger)) == "auth_failed"
    assert problem_of(reach_to(machine, key=None, name="no key", user="nobody")) == "no_key"


def test_sudo_may_refuse(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("plain", sudo=False)
    with connect(reach_to(machine)) as open_, pytest.raises(RemoteTrouble) as trouble:
        open_.run(["id"], root=True)
    assert trouble.value.problem == "sudo_refused"
    assert "password" in trouble.value.detail


def test_through_jump_hosts(machine: TestMachine, network: TestNetwork, reach_to: MakeReach) -> None:
    hidden = network.machine("hidden", behind=machine)
    jump = reach_to(machine)
    reach = reach_to(hidden, jump=jump)
    with connect(reach) as open_:
        assert open_.run(["hostname"]).stdout == b"hidden\n"
    Reach.objects.filter(pk=jump.pk).update(host_key="")
    assert problem_of(Reach.objects.get(pk=reach.pk)) == "host_key_unknown"
    jump.refresh_from_db()
    assert jump.offered_key == machine.host_key
    Reach.objects.filter(pk=jump.pk).update(host_key=machine.host_key)
    Reach.objects.filter(pk=reach.pk).update(port=23)
    assert problem_of(Reach.objects.get(pk=reach.pk)) == "unreachable"


def test_jump_hosts_end(machine: TestMachine, reach_to: MakeReach) -> None:
    first = reach_to(machine)
    for number in range(4):
        first = reach_to(machine, name=f"hop {number}", port=100 + number, jump=first)
    assert problem_of(first) == "jump_chain"
    loop = Reach.objects.get(name="hop 0")
    loop.jump = Reach.objects.get(name="hop 1")
    loop.save()
    assert problem_of(loop) == "jump_loop"


def test_a_jump_host_may_forbid_it(network: TestNetwork, reach_to: MakeReach) -> None:
    machine = network.machine("strict", config="AllowTcpForwarding no\n")
    assert problem_of(reach_to(machine, name="behind", port=23, jump=reach_to(machine))) == "forwarding_refused"


def test_output_is_limited(machine: TestMachine, reach_to: MakeReach) -> None:
    with connect(reach_to(machine)) as open_:
        with pytest.raises(RemoteTrouble) as trouble:
            open_.run(["cat", "/dev/zero"], limit=1_000_000)
        assert trouble.value.problem == "output_too_large"
        noisy = open_.run(["sh", "-c", "head -c 300000 /dev/zero >&2; echo done"])
    assert noisy.stdout == b"done\n"
    assert len(noisy.stderr) == 64 * 1024


def test_a_command_that_hangs_is_left(machine: TestMachine, reach_to: MakeReach) -> None:
    with connect(reach_to(machine)) as open_, pytest.raises(RemoteTrouble) as trouble:
        open_.run(["sleep", "60"], seconds=0.5)
    assert trouble.value.problem == "timed_out"


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where somebody takes calls and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_machine_that_hangs_is_left(
    machine: TestMachine, silent: int, reach_to: MakeReach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BANNER_SECONDS", 0.5)
    assert problem_of(reach_to(machine, address="127.0.0.1", port=silent)) == "not_ssh"


def test_what_is_no_ssh(machine: TestMachine, reach_to: MakeReach) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            stream, _address = listener.accept()
            stream.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 200)
            stream.close()

        Thread(target=answer, daemon=True).start()
        assert problem_of(reach_to(machine, address="127.0.0.1", port=port)) == "not_ssh"
    assert problem_of(reach_to(machine, name="closed", user="x", key=None, address="127.0.0.1", port=port)) == "refused"
    assert problem_of(reach_to(machine, name="nowhere", address="name.invalid")) == "name_unknown"


def test_old_algorithms_are_refused(network: TestNetwork, reach_to: MakeReach) -> None:
    old = "KexAlgorithms diffie-hellman-group14-sha1\nCiphers aes128-cbc\n"
    assert problem_of(reach_to(network.machine("old", config=old))) == "no_common_algorithm"


def test_the_private_part_is_sealed(ssh_key: SshKey) -> None:
    ssh_key.refresh_from_db()
    assert b"PRIVATE" not in bytes(ssh_key.private_sealed)
    assert ssh_key.public.startswith("ssh-ed25519 ")
