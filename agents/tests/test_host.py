"""Collectors of host facts, over a made-up root directory."""

import os
from pathlib import Path
from typing import Any

import pytest

from agents.posture_agent.collectors import (
    daemon,
    environment,
    files,
    groups,
    identity,
    listeners,
    lsms,
    measurements,
    mounts,
    processes,
    purposes,
    sysctls,
)
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.reading import Deadline
from agents.tests.conftest import Write

IDENTIFIER = "a" * 64


def test_identity(host: HostFiles, write: Write) -> None:
    write("/etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\n# X=1\n')
    write("/proc/device-tree/model", "Hardkernel ODROID-XU4\0")
    write("/etc/machine-id", "0123\n")
    write("/proc/meminfo", "MemTotal:        2048 kB\nMemAvailable:    1024 kB\n")
    facts = identity.collect(host)
    assert facts["OperatingSystem"] == "Debian GNU/Linux 12"
    assert (facts["OsId"], facts["OsVersion"], facts["Board"]) == ("debian", "12", "Hardkernel ODROID-XU4")
    assert facts["MemTotal"] == 2048 * 1024
    assert len(facts["MachineId"]) == 64
    assert "0123" not in facts["MachineId"][:4]


def test_what_a_host_does_not_tell_is_left_out(host: HostFiles) -> None:
    assert set(identity.collect(host)) == {"Architecture", "Kernel", "NCPU"}
    with pytest.raises(FileNotFoundError):
        sysctls.collect(host)
    assert environment.collect(host) == {}


def test_sysctls(host: HostFiles, write: Write) -> None:
    write("/proc/sys/kernel/kptr_restrict", "1\n")
    write("/proc/sys/kernel/secret_of_mine", "7\n")
    found = sysctls.collect(host)
    assert found["kernel.kptr_restrict"] == "1"
    assert set(found) == set(sysctls.NAMES)


def test_security_modules(host: HostFiles, write: Write) -> None:
    assert lsms.collect(host, set()) == {"LSMs": [], "SELinux": "disabled", "AppArmorProfiles": {}}
    write("/sys/kernel/security/lsm", "lockdown,capability,yama,apparmor")
    write(
        "/sys/kernel/security/apparmor/profiles", "docker-default (enforce)\n/usr/bin/man (enforce)\nmine (complain)\n"
    )
    facts = lsms.collect(host, {"mine"})
    assert facts["LSMs"] == ["apparmor", "capability", "lockdown", "yama"]
    assert facts["AppArmorProfiles"] == {"docker-default": "enforce", "mine": "complain"}
    write("/sys/fs/selinux/enforce", "1")
    assert lsms.selinux(host) == "enforcing"


MOUNTINFO = r"""
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:5 / /dev rw - devtmpfs udev rw
24 22 254:1 / /var/lib/docker rw,nodev - ext4 /dev/vdb rw
25 22 254:0 /srv/data /mnt/with\040space rw - ext4 /dev/vda rw
26 22 0:50 / /var/lib/docker/overlay2/0123456789abcdef0123456789abcdef/merged rw - overlay overlay rw
27 22 0:51 / /run/docker/netns/default rw - nsfs nsfs rw
29 22 254:0 /srv/docker /srv/docker rw - ext4 /dev/vda rw
28 22 0:52 / /run/user/1000 rw - tmpfs tmpfs rw
"""


def test_mounts_of_containers_and_of_the_kernel_are_left_out(host: HostFiles, write: Write) -> None:
    write("/proc/1/mountinfo", MOUNTINFO)
    facts = mounts.collect(host)
    assert [entry["MountPoint"] for entry in facts["Mounts"]] == ["/", "/mnt/with space", "/var/lib/docker"]
    assert facts["Partitions"] == ["/", "/var/lib/docker"]  # a bind mount is no partition
    assert facts["Mounts"][1]["Root"] == "/srv/data"


def test_group_members_are_supplementary_and_primary(host: HostFiles, write: Write) -> None:
    write("/etc/passwd", "root:x:0:0::/root:/bin/sh\nanne:x:1000:115::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\nbroken\n")
    write("/etc/group", "root:x:0:\ndocker:x:115:bob\nengine:x:116:zoe,bob\nother:x:117:bob\n")
    assert groups.collect(host, {0, 116}) == [
        {"Name": "docker", "Gid": 115, "Members": ["anne", "bob"]},
        {"Name": "engine", "Gid": 116, "Members": ["bob", "zoe"]},
    ]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("/etc/environment", "DOCKER_CONTENT_TRUST=1\n", {"DOCKER_CONTENT_TRUST": "1"}),
        ("/etc/profile.d/trust.sh", 'export DOCKER_CONTENT_TRUST="1"\n', {"DOCKER_CONTENT_TRUST": "1"}),
        ("/etc/profile.d/notes.txt", "export DOCKER_CONTENT_TRUST=1\n", {}),
        ("/etc/environment", "# DOCKER_CONTENT_TRUST=1\nSECRET=x\n", {}),
    ],
)
def test_environment(host: HostFiles, write: Write, path: str, text: str, found: dict[str, str]) -> None:
    write(path, text)
    assert environment.collect(host) == found


def test_files_present_and_absent(host: HostFiles, write: Write, tmp_path: Path) -> None:
    write("/etc/docker/certs.d/reg.example:5000/ca.crt", "x")
    write("/etc/docker/certs.d/reg.example:5000/client.key", "x")
    write("/etc/systemd/system/docker.service", "x")
    write("/usr/lib/systemd/system/docker.service", "x")
    write("/etc/containerd/config.toml", '[debug]\naddress = "/no"\n[grpc]\n  address = "/srv/c.sock"\n')
    write("/tls/key.pem", "x")
    os.chmod(tmp_path / "tls/key.pem", 0o4640)
    engine = {
        "Kind": "docker",
        "Endpoint": "unix:///run/docker.sock",
        "Daemon": {
            "FilePath": "/etc/other.json",
            "File": {"tlscacert": "/tls/ca.pem"},
            "Flags": {"tlskey": "/tls/key.pem"},
        },
    }
    found = {(item["Purpose"], item["Path"]): item for item in files.collect(host, [engine])}
    assert {purpose for purpose, _ in found} <= set(purposes.PURPOSES)
    key = found["tls-key", "/tls/key.pem"]
    assert (key["Kind"], key["Mode"], key["Uid"]) == ("file", 0o4640, os.getuid())
    assert found["tls-ca", "/tls/ca.pem"]["Kind"] == "absent"
    assert found["daemon-json", "/etc/other.json"]["Kind"] == "absent"
    assert found["containerd-socket", "/srv/c.sock"]["Kind"] == "absent"
    assert found["docker-service-unit", "/etc/systemd/system/docker.service"]["Kind"] == "file"
    assert found["docker-socket-unit", "/usr/lib/systemd/system/docker.socket"]["Kind"] == "absent"
    assert ("registry-key", "/etc/docker/certs.d/reg.example:5000/client.key") in found
    assert ("registry-certificate", "/etc/docker/certs.d/reg.example:5000/ca.crt") in found


@pytest.mark.parametrize(
    ("present", "daemons", "wanted"),
    [
        ([], [], ["/run/containerd"]),  # absent
        ([], [{"Flags": {}}], ["/run/containerd"]),
        ([], [{}], []),  # a daemon whose flags were not read may have one anywhere
        (["/run/docker/containerd"], [], ["/run/docker/containerd"]),
        (["/run/docker/containerd"], [{}], ["/run/docker/containerd"]),
        (["/srv/exec/containerd"], [{"Flags": {"exec-root": "/srv/exec"}}], ["/srv/exec/containerd"]),
        (["/srv/exec/containerd"], [{"File": {"exec-root": "/srv//exec/"}}], ["/srv/exec/containerd"]),
        (["/srv/exec/containerd"], [{"Flags": {}, "File": None}], ["/run/containerd"]),
        (["/srv/exec/containerd"], [{"File": None}], []),
        (["/srv/exec/containerd"], [{"Flags": {"exec-root": "/srv/other"}}], ["/run/containerd"]),
        (["/run/docker/containerd"], [{"Flags": {"exec-root": "/var/run/docker"}}], ["/run/docker/containerd"]),
        (
            ["/srv/a/containerd", "/srv/b/containerd"],
            [{"Flags": {"exec-root": "/srv/a"}}, {"File": {"exec-root": "/srv/b"}}],
            ["/srv/a/containerd", "/srv/b/containerd"],
        ),
        (["/run/containerd", "/srv/exec/containerd"], [{"Flags": {"exec-root": "/srv/exec"}}], ["/run/containerd"]),
    ],
)
def test_the_socket_of_a_containerd_that_dockerd_runs(
    host: HostFiles, write: Write, tmp_path: Path, present: list[str], daemons: list[dict[str, Any]], wanted: list[str]
) -> None:
    for folder in present:
        write(folder + "/containerd.sock", "")
    (tmp_path / "var").mkdir(exist_ok=True)
    (tmp_path / "var/run").symlink_to("../run")
    engines = [{"Kind": "docker", "Endpoint": "tcp://x:1", "Daemon": daemon} for daemon in daemons]
    found = [one for one in files.collect(host, engines) if one["Purpose"] == "containerd-socket"]
    assert [one["Path"] for one in found] == [folder + "/containerd.sock" for folder in wanted]
    assert all((one["Kind"] == "absent") is not bool(set(wanted) & set(present)) for one in found)


def test_the_daemon_is_found_by_peer_pid_file_or_name(host: HostFiles, write: Write) -> None:
    write("/proc/10/comm", "dockerd\n")
    write("/proc/11/comm", "systemd\n")
    assert daemon.find_pid(host, 10) == 10
    assert daemon.find_pid(host, 11) == 10
    assert daemon.find_pid(host, None) == 10
    write("/proc/12/comm", "dockerd\n")
    assert daemon.find_pid(host, 11) is None  # which of the two it is cannot be told
    write("/var/run/docker.pid", "12")
    assert daemon.find_pid(host, 11) == 12


def test_flags_file_and_socket_unit(host: HostFiles, write: Write, tmp_path: Path) -> None:
    write("/proc/10/comm", "dockerd\n")
    write("/proc/10/cmdline", "/usr/bin/dockerd\0-H\0fd://\0--icc=false\0--label\0owner=me\0")
    write("/proc/10/net/tcp", "")
    (tmp_path / "proc/10/fd").mkdir()
    write(
        "/etc/docker/daemon.json", '{"log-level": "debug", "seccomp-profile": "/etc/docker/s.json", "labels": ["x=y"]}'
    )
    write(
        "/etc/docker/s.json",
        '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW", "names": ["a", "b"]}]}',
    )
    write("/lib/systemd/system/docker.socket", "[Socket]\nListenStream=/run/docker.sock\n")
    write("/etc/systemd/system/docker.socket.d/tcp.conf", "[Socket]\nListenStream=\nListenStream=2375\n")
    facts = daemon.collect(host, 10)
    assert facts["Flags"] == {"hosts": ["fd://"], "icc": False}
    assert facts["File"] == {"log-level": "debug", "seccomp-profile": "/etc/docker/s.json"}
    assert facts["SocketActivated"] == ["2375"]
    assert facts["Listeners"] == []
    assert facts["SeccompProfile"] == {
        "Path": "/etc/docker/s.json",
        "DefaultAction": "SCMP_ACT_ERRNO",
        "AllowedSyscalls": 2,
    }


def test_an_unknown_daemon_is_not_taken_for_one_without_options(host: HostFiles, write: Write) -> None:
    write("/proc/1/comm", "systemd\n")
    write("/etc/docker/daemon.json", "not json")
    assert daemon.collect(host, None)["FileError"] == "not_collected"  # the agent sits in a container of its own
    facts = daemon.collect(host, 1)
    assert "Flags" not in facts
    assert facts["FlagsError"] == facts["ListenersError"] == "not_collected"
    assert facts["FileError"] == "source_failed"


def test_a_rootless_daemon_has_its_file_at_home(host: HostFiles, write: Write) -> None:
    write("/etc/passwd", "anne:x:1000:1000::/home/anne:/bin/sh\n")
    assert daemon.config_path(host, {}, 1000, None) == "/home/anne/.config/docker/daemon.json"
    write("/proc/9/environ", "HOME=/h\0XDG_CONFIG_HOME=/h/c\0")
    assert daemon.config_path(host, {"rootless": True}, 0, 9) == "/h/c/docker/daemon.json"
    assert daemon.config_path(host, {"config-file": "/x"}, 1000, 9) == "/x"


def test_listening_addresses() -> None:
    table = (
        "  sl  local_address rem_address st\n"
        "   0: 0100007F:0947 00000000:0000 0A 0:0 0:0 0 0 0 41 1\n"
        "   1: 00000000:0948 00000000:0000 0A 0:0 0:0 0 0 0 42 1\n"
        "   2: 00000000:0949 00000000:0000 01 0:0 0:0 0 0 0 41 1\n"
    )
    assert listeners.parsed(table, {"41"}) == ["127.0.0.1:2375"]
    assert listeners.address("00000000000000000000000000000000:0947") == "[::]:2375"
    assert listeners.address("B80D01200000000067452301EFCDAB89:0050") == "[2001:db8::123:4567:89ab:cdef]:80"


STATUS = (
    "Name:\tx\nUid:\t100000\t100033\t100033\t100033\nCapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb\n"
    "Seccomp:\t2\nNoNewPrivs:\t1\n"
)


def test_the_main_process_of_a_remapped_container(host: HostFiles, write: Write) -> None:
    write("/proc/1/status", "x")
    write("/proc/7/cgroup", f"1:name=systemd:/docker/{IDENTIFIER}\n")
    write("/proc/7/status", STATUS)
    write("/proc/7/uid_map", "         0     100000      65536\n")
    write("/proc/8/comm", "sshd\n")
    write("/proc/8/cgroup", f"0::/system.slice/docker-{IDENTIFIER}.scope\n")
    write("/proc/9/comm", "sshd\n")
    write("/proc/9/cgroup", "0::/system.slice/ssh.service\n")
    running = {"web": (IDENTIFIER, 7), "gone": ("b" * 64, 99), "odd": ("c" * 64, 7), "reused": ("d" * 64, 9)}
    facts = processes.collect(host, running, Deadline(9))
    assert facts["web"] == {
        "Uid": 100033,
        "ContainerUid": 33,
        "IdentityUidMap": False,
        "CapEff": "0000000000000000",
        "CapBnd": "00000000a80425fb",
        "Seccomp": 2,
        "NoNewPrivs": 1,
        "SshServers": ["sshd"],
        "Supervisors": [],
    }
    assert facts["gone"] == {"Error": "absent"}
    assert facts["odd"] == {"Error": "source_failed"}  # the pid is another container's by now
    assert facts["reused"] == {"Error": "source_failed"}  # or a process of the host


def test_a_process_without_a_control_group_of_its_own(host: HostFiles, write: Write) -> None:
    """Its watcher tells whose it is; which other processes are the container's nobody can say."""
    for pid in (7, 8):
        write(f"/proc/{pid}/cgroup", "0::/user.slice\n")
        write(f"/proc/{pid}/status", STATUS)
        write(f"/proc/{pid}/uid_map", "         0       1000          1\n")
    write("/proc/7/stat", "7 (sh) x) S 6 7 7 0")
    write("/proc/8/stat", "8 (sh) S 1 8 8 0")
    write("/proc/6/cmdline", f"/usr/bin/conmon\0--cid\0{IDENTIFIER}\0-n\0web")
    write("/proc/1/cmdline", "/sbin/init")
    write("/proc/1/status", "x")
    facts = processes.collect(host, {"web": (IDENTIFIER, 7), "other": (IDENTIFIER, 8)}, Deadline(9))
    assert facts["web"]["CapEff"] == "0000000000000000"
    assert "SshServers" not in facts["web"]
    assert facts["other"] == {"Error": "source_failed"}


def test_a_pipe_or_device_does_not_hold_the_agent_up(host: HostFiles, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in ("/pipe", "/"):
        with pytest.raises(OSError):
            host.text(path)
    with pytest.raises(OSError, match="not a regular file"):
        HostFiles().text("/dev/zero")


def test_what_switches_content_trust_off_anywhere_counts(host: HostFiles, write: Write) -> None:
    write("/etc/environment", "DOCKER_CONTENT_TRUST=1\n")
    write("/etc/profile.d/builds.sh", "export DOCKER_CONTENT_TRUST=0\n")
    assert environment.collect(host) == {"DOCKER_CONTENT_TRUST": "0"}
    write("/etc/bash.bashrc", "export DOCKER_CONTENT_TRUST=1\n")
    assert environment.collect(host) == {"DOCKER_CONTENT_TRUST": "0"}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("btime 1795356932", "2026-11-22T14:15:32.000Z"),
        ("btime 18446744073709551611", None),  # the clock of a board without battery was set back behind the start
        ("btime soon", None),
        ("ctxt 5", None),
    ],
)
def test_when_the_kernel_started(host: HostFiles, write: Write, line: str, wanted: str | None) -> None:
    write("/proc/stat", f"cpu  1 2 3\n{line}\n")
    assert measurements.boot_time(host) == wanted
