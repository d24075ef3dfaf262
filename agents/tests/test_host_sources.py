"""Devices, sockets, accounts, sudo rules and the kernel's age and configuration, over a made-up root directory."""

import gzip
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.posture_agent.collectors import (
    accounts,
    blockdevices,
    files,
    kernel,
    listeners,
    mounts,
    purposes,
    releases,
    sockets,
    sudoers,
    sysctls,
)
from agents.posture_agent.hostfiles import MAX_BYTES, HostFiles
from agents.posture_agent.reading import Unreadable, reason_of
from agents.tests.conftest import Write
from posture.facts.vocabulary import PURPOSES


@pytest.fixture
def device(tmp_path: Path, write: Write) -> Callable[..., None]:
    """Makes a block device of the made-up host below /sys."""

    def maker(number: str, path: str, uuid: str = "", slaves: tuple[str, ...] = (), **files: str) -> None:
        folder = "/sys/devices/" + path
        write(folder + "/dev", number)
        if uuid:
            write(folder + "/dm/uuid", uuid)
        for name, text in files.items():
            write(f"{folder}/{name}", text)
        (tmp_path / f"sys/devices/{path}/slaves").mkdir()
        for slave in slaves:
            (tmp_path / f"sys/devices/{path}/slaves/{Path(slave).name}").symlink_to(tmp_path / f"sys/devices/{slave}")
        (tmp_path / "sys/dev/block").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"sys/dev/block/{number}").symlink_to(tmp_path / f"sys/devices/{path}")

    return maker


def mount(number: str, kind: str = "ext4", source: str = "/dev/x") -> dict[str, str]:
    return {"Device": number, "Type": kind, "Source": source}


def test_a_file_system_on_lvm_on_luks_on_a_partition(host: HostFiles, device: Callable[..., None]) -> None:
    device("8:0", "sda")
    device("8:3", "sda/sda3", partition="3")
    device("254:0", "dm-0", "CRYPT-LUKS2-0123456789abcdef-sda3_crypt", ("sda/sda3",))
    device("254:1", "dm-1", "LVM-abcdef", ("dm-0",))
    device("8:16", "sdb")
    assert blockdevices.collect(host, [mount("254:1"), mount("0:23", "tmpfs", "tmpfs")]) == [
        {"Device": "254:0", "Name": "dm-0", "Mapping": "CRYPT-LUKS2", "Parents": ["8:3"]},
        {"Device": "254:1", "Name": "dm-1", "Mapping": "LVM", "Parents": ["254:0"]},
        {"Device": "8:0", "Name": "sda", "Parents": []},
        {"Device": "8:3", "Name": "sda3", "Parents": ["8:0"]},
    ]


def test_a_loop_device_lies_where_its_file_is(host: HostFiles, write: Write, device: Callable[..., None]) -> None:
    write("/srv/disk.img", "x")
    device("7:0", "loop0")
    write("/sys/devices/loop0/loop/backing_file", "/srv/disk.img\n")
    number = os.stat(host.path("/srv/disk.img")).st_dev
    found = blockdevices.collect(host, [mount("7:0")])
    assert {"Device": "7:0", "Name": "loop0", "Parents": [f"{os.major(number)}:{os.minor(number)}"]} in found
    device("7:1", "loop1")
    write("/sys/devices/loop1/loop/backing_file", "/srv/gone.img (deleted)\n")
    assert blockdevices.collect(host, [mount("7:1")]) == [{"Device": "7:1", "Name": "loop1"}]  # on what is not known


def test_a_btrfs_pool_that_cannot_be_told_has_no_parents(host: HostFiles, device: Callable[..., None]) -> None:
    device("8:0", "sda")
    found = blockdevices.collect(host, [mount("0:40", "btrfs", "/dev/sda"), mount("9:9")])
    assert found == [{"Device": "0:40", "Name": "btrfs"}]


def test_without_sys_devices_are_unknown(host: HostFiles) -> None:
    with pytest.raises(FileNotFoundError):
        blockdevices.collect(host, [mount("8:0")])


def test_this_machine_has_a_disk_below_its_root() -> None:
    here = HostFiles()
    found = blockdevices.collect(here, mounts.collect(here)["Mounts"])
    names = {one["Name"] for one in found}
    assert names <= {*os.listdir("/sys/class/block"), "btrfs"}


TCP = (
    "  sl  local_address rem_address st\n"
    "   0: 00000000:0016 00000000:0000 0A 0:0 0:0 0 0 0 41 1\n"
    "   1: 0100007F:0947 00000000:0000 0A 0:0 0:0 0 0 0 42 1\n"
    "   2: 00000000:0949 0200000A:0050 01 0:0 0:0 0 0 0 43 1\n"
)
UDP = (
    "  sl  local_address rem_address st\n"
    "   0: 00000000:14E9 00000000:0000 07 0:0 0:0 0 0 0 51 1\n"
    "   1: 00000000:8001 00000000:0000 07 0:0 0:0 0 0 0 52 1\n"
    "   2: 00000000:0035 0200000A:0050 01 0:0 0:0 0 0 0 53 1\n"
)


def test_sockets_that_wait_and_who_holds_them(host: HostFiles, write: Write, tmp_path: Path) -> None:
    write("/proc/1/net/tcp", TCP)
    write("/proc/1/net/udp", UDP)
    for pid, inode in (("12", "41"), ("9", "41"), ("77", "51")):
        write(f"/proc/{pid}/comm", f"program{pid}\n")
        (tmp_path / f"proc/{pid}/fd").mkdir()
        (tmp_path / f"proc/{pid}/fd/3").symlink_to(f"socket:[{inode}]")
    assert sockets.collect(host) == [
        {"Protocol": "tcp", "Port": 22, "Address": "0.0.0.0", "Program": "program9"},
        {"Protocol": "tcp", "Port": 2375, "Address": "127.0.0.1"},
        {"Protocol": "udp", "Port": 5353, "Address": "0.0.0.0", "Program": "program77"},
    ]
    (tmp_path / "proc/1/net/udp").unlink()
    with pytest.raises(FileNotFoundError):
        sockets.collect(host)  # never an empty list of what could not be read


@pytest.mark.parametrize("table", ["tcp", "udp"])
def test_a_list_of_sockets_is_never_cut(host: HostFiles, write: Write, table: str) -> None:
    tables = {"tcp": TCP, "udp": UDP}
    row = tables[table].splitlines()[1]
    for name, text in tables.items():
        write("/proc/1/net/" + name, text)
    write("/proc/1/net/" + table, tables[table] + (row + "\n") * (MAX_BYTES // len(row)))
    with pytest.raises(OSError, match="larger") as large:
        sockets.collect(host)
    assert reason_of(large.value) == "too_large"


def test_connections_of_a_busy_host_do_not_hide_who_listens(host: HostFiles, write: Write) -> None:
    rows = TCP.splitlines()
    connection = rows[1].replace(" 0A ", " 01 ")
    write("/proc/1/net/tcp", TCP + (connection + "\n") * (MAX_BYTES // len(connection)))
    write("/proc/1/net/udp", UDP)
    assert [one["Port"] for one in sockets.collect(host)] == [22, 2375, 5353]


def test_thousands_of_cheap_sockets_push_none_off_the_list(host: HostFiles, write: Write) -> None:
    head, row = TCP.splitlines()[:2]
    place = row.split()[1]
    many = [row.replace(place, "%08X:%04X" % (0x7F + 256 * number, 1024)) for number in range(5000)]
    write("/proc/1/net/tcp", "\n".join([head, *many]))
    write("/proc/1/net/udp", UDP)
    with pytest.raises(Unreadable, match="4096"):
        sockets.collect(host)


def test_a_socket_of_this_test_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        inode = os.readlink(f"/proc/self/fd/{server.fileno()}")[8:-1]
        table = HostFiles().text("/proc/self/net/tcp")
        rows = sockets.waiting("tcp", table)
        assert ("tcp", f"127.0.0.1:{server.getsockname()[1]}", inode) in rows
        assert inode in listeners.inodes_of(HostFiles(), os.getpid())


PASSWD = (
    "root:x:0:0::/root:/bin/bash\nalarm:x:1000:1000::/home/alarm:/bin/bash\npi:x:1001:1001::/home/pi:/bin/bash\n"
    "debian:x:1002:1002::/:/usr/sbin/nologin\nanne:x:1003:1003::/:\nbob:x:1004:1004::/:/bin/sh\nodroid::5:5::/:/bin/sh\n"
)
GROUP = "root:x:0:\nwheel:x:998:alarm\ndocker:x:999:alarm,anne\nanne:x:1003:\n"
SHADOW = (
    "root:$6$s$hash:17000:0:99999:7:::\nalarm:$6$salt$hash:19000:0:99999:7:::\npi:!$6$salt$hash:0:0:::::\n"
    "debian:*:19000:0:::::\nanne::19001:0:::::\n"
)
GROUPS = [{"Name": "docker", "Gid": 999, "Members": ["alarm", "anne"]}]


def test_accounts(host: HostFiles, write: Write) -> None:
    write("/etc/passwd", PASSWD)
    write("/etc/group", GROUP)
    write("/etc/shadow", SHADOW)
    found = {one["Name"]: one for one in accounts.collect(host, GROUPS, False)}
    assert list(found) == ["alarm", "anne", "debian", "odroid", "pi"]
    assert found["alarm"] == {
        "Name": "alarm",
        "Uid": 1000,
        "LoginShell": True,
        "Groups": ["docker", "wheel"],
        "Default": True,
        "Unlocked": True,
        "PasswordChanged": "2022-01-08T00:00:00Z",
    }
    assert found["anne"]["Unlocked"] is True  # nothing is asked
    assert (found["anne"]["Default"], found["anne"]["LoginShell"]) == (False, True)  # no shell is /bin/sh
    assert (found["debian"]["Unlocked"], found["debian"]["LoginShell"]) == (False, False)
    assert found["pi"]["Unlocked"] is False
    assert "PasswordChanged" not in found["pi"]
    assert found["odroid"]["Unlocked"] is True  # an empty field of /etc/passwd itself
    assert "hash" not in str(found)
    assert "root" in {one["Name"] for one in accounts.collect(host, GROUPS, True)}


def test_the_first_record_of_a_name_counts(host: HostFiles, write: Write) -> None:
    write("/etc/passwd", PASSWD)
    write("/etc/group", GROUP)
    write("/etc/shadow", SHADOW + "alarm:!:19000:0:::::\n")
    found = {one["Name"]: one for one in accounts.collect(host, GROUPS, False)}
    assert found["alarm"]["Unlocked"] is True


def test_half_a_shadow_is_none(host: HostFiles, write: Write) -> None:
    write("/etc/passwd", PASSWD)
    write("/etc/group", GROUP)
    write("/etc/shadow", f"someone:{'x' * MAX_BYTES}:1\n" + SHADOW)
    found = {one["Name"]: one for one in accounts.collect(host, GROUPS, False)}
    assert found["alarm"]["Error"] == "too_large"


def test_accounts_whose_shadow_is_out_of_sight(host: HostFiles, write: Write) -> None:
    write("/etc/passwd", PASSWD)
    write("/etc/group", GROUP)
    found = {one["Name"]: one for one in accounts.collect(host, GROUPS, False)}
    assert found["alarm"]["Error"] == "absent"
    assert "Unlocked" not in found["alarm"]


@pytest.mark.parametrize(
    ("release", "board", "machine", "default"),
    [
        ({"ID": "archarm"}, None, "armv7l", True),
        ({"ID": "arch"}, None, "aarch64", True),
        ({"ID": "arch"}, None, "x86_64", False),
        ({"ID": "debian"}, "Hardkernel ODROID-XU4", "armv7l", True),
        ({"ID": "debian"}, "Raspberry Pi 4", "aarch64", False),
    ],
)
def test_images_with_a_password_for_root(release: dict[str, str], board: str, machine: str, default: bool) -> None:
    assert accounts.root_is_default(release, board, machine) is default


SUDOERS = r"""
# root ALL=(ALL) ALL in a comment
Defaults env_reset, secure_path="/usr/sbin:/usr/bin"
User_Alias ADMINS = anne, OTHERS : OTHERS = bob
Cmnd_Alias STOP = /sbin/halt
root ALL=(ALL:ALL) ALL   # the usual
ADMINS , %wheel \
    ALL = (ALL) NOPASSWD: ALL
#1007 ALL=(ALL) ALL
carol, !dave www=/bin/true
@includedir /etc/sudoers.d
#include extra
"""


def test_names_of_sudoers(host: HostFiles, write: Write) -> None:
    assert sudoers.collect(host) == []  # no sudo here
    write("/etc/sudoers", SUDOERS)
    write("/etc/sudoers.d/010_pi-nopasswd", "pi ALL=(ALL) NOPASSWD: ALL\n")
    write("/etc/sudoers.d/old.bak", "mallory ALL=(ALL) ALL\n")
    write("/etc/extra", "ALL ALL=/bin/true\n@include sudoers\n")
    assert sudoers.collect(host) == ["#1007", "%wheel", "ALL", "anne", "bob", "carol", "pi", "root"]


def test_every_spelling_of_an_include_is_followed(host: HostFiles, write: Write) -> None:
    write("/etc/sudoers", '@include "/etc/our people"\n#include /etc/more\\ people\n@include /etc/sudoers.%h\n')
    write("/proc/sys/kernel/hostname", "board.lan\n")
    write("/etc/our people", "anne ALL=(ALL) ALL\n")
    write("/etc/more people", "bob ALL=(ALL) ALL\n")
    write("/etc/sudoers.board", "carol ALL=(ALL) ALL\n")
    write("/etc/sudoers-rs", "dora ALL=(ALL) ALL\n")
    assert sudoers.collect(host) == ["anne", "bob", "carol", "dora"]


def test_the_number_of_a_group_is_its_name(host: HostFiles, write: Write) -> None:
    write("/etc/group", GROUP)
    write("/etc/sudoers", "%#998 ALL=(ALL) ALL\n%#4321 ALL=(ALL) ALL\n")
    assert sudoers.collect(host) == ["%#4321", "%wheel"]


def test_no_rule_of_sudo_is_left_out(host: HostFiles, write: Write) -> None:
    write("/etc/sudoers", "".join(f"@include /etc/{number}\n" for number in range(300)))
    for number in range(300):
        write(f"/etc/{number}", f"user{number} ALL=(ALL) ALL\n@include /etc/{number}\n")
    with pytest.raises(Unreadable, match="256"):
        sudoers.collect(host)


CONFIG = "# Linux/arm 3.10\nCONFIG_NAMESPACES=y\nCONFIG_OVERLAY_FS=m\n# CONFIG_SECCOMP is not set\nCONFIG_HZ=100\n"


def test_the_kernels_configuration(host: HostFiles, write: Write, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as missing:
        kernel.collect(host)
    assert missing.value.reason == "absent"
    write("/proc/sys/kernel/osrelease", "3.10.105\n")
    write("/boot/config-3.10.105", CONFIG.replace("=m", "=y"))
    assert kernel.collect(host)["CONFIG_OVERLAY_FS"] == "y"
    (tmp_path / "proc/config.gz").write_bytes(gzip.compress(CONFIG.encode()))
    found = kernel.collect(host)
    assert (found["CONFIG_NAMESPACES"], found["CONFIG_OVERLAY_FS"], found["CONFIG_SECCOMP"]) == ("y", "m", "n")
    assert set(found) == {"CONFIG_" + name for name in kernel.OPTIONS}
    for damaged in (gzip.compress(CONFIG.encode())[:20], gzip.compress(b"nothing")):
        (tmp_path / "proc/config.gz").write_bytes(damaged)
        with pytest.raises(Unreadable, match="configuration"):
            kernel.collect(host)


@pytest.mark.parametrize(
    ("version", "day"),
    [
        ("#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)", "2024-11-22"),
        ("#1 SMP PREEMPT Debian 1:6.6.51-1+rpt3 (2024-10-08)", "2024-10-08"),
        ("#1 SMP PREEMPT_DYNAMIC Tue, 05 Nov 2024 16:11:25 +0000", "2024-11-05"),
        ("#45-Ubuntu SMP PREEMPT_DYNAMIC Fri Aug 30 12:02:04 UTC 2024", "2024-08-30"),
        ("#5 SMP PREEMPT Mon Apr  4 12:00:00 BRT 2016", "2016-04-04"),
        ("#1 SMP Sun Jan 10 15:06:54 2016", "2016-01-10"),
        ("#1-Alpine SMP PREEMPT_DYNAMIC 2024-06-13 08:41:53", "2024-06-13"),
        ("#1 SMP PREEMPT Thu Jan 1 00:00:00 UTC 1970", None),
        ("#1-NixOS SMP PREEMPT_DYNAMIC Tue Jan  1 00:00:00 UTC 1980", None),
        ("#1 SMP PREEMPT_DYNAMIC @0", None),
        ("#1 SMP Mon Foo 77 00:00:00 UTC 2020", None),
    ],
)
def test_when_a_kernel_was_built(host: HostFiles, write: Write, version: str, day: str | None) -> None:
    write("/proc/sys/kernel/version", version + "\n")
    assert releases.collect(host) == ({"KernelBuilt": f"{day}T00:00:00Z"} if day else {})


def test_when_the_system_says_its_support_ends(host: HostFiles, write: Write) -> None:
    write("/proc/sys/kernel/version", "#1")
    write("/etc/os-release", "ID=fedora\nSUPPORT_END=2026-12-02\n")
    assert releases.collect(host) == {"OsSupportEnd": "2026-12-02T00:00:00Z"}
    write("/etc/os-release", "ID=fedora\nSUPPORT_END=2026-13-02\n")
    assert releases.collect(host) == {}


def test_an_absent_setting_is_not_an_unreadable_one(host: HostFiles, write: Write, tmp_path: Path) -> None:
    write("/proc/sys/kernel/sysrq", "438\n")
    (tmp_path / "proc/sys/user/max_user_namespaces").mkdir(parents=True)  # reading it fails, but it is there
    found = sysctls.collect(host)
    assert found["kernel.sysrq"] == "438"
    assert found["kernel.unprivileged_userns_clone"] == ""
    assert "user.max_user_namespaces" not in found


def test_units_with_drop_ins_and_programs_by_their_old_names(host: HostFiles, write: Write) -> None:
    write("/usr/lib/systemd/system/docker.service", "x")
    write("/run/systemd/generator/docker.service", "x")
    write("/etc/systemd/system/docker.service.d/tcp.conf", "x")
    write("/usr/lib/systemd/system/docker.service.d/tcp.conf", "x")
    write("/usr/lib/systemd/system/docker.service.d/notes.txt", "x")
    write("/usr/bin/docker-runc", "x")
    found = {(one["Purpose"], one["Path"]): one["Kind"] for one in files.collect(host, [])}
    assert [path for purpose, path in found if purpose == "docker-service-unit"] == [
        "/etc/systemd/system/docker.service.d/tcp.conf",
        "/run/systemd/generator/docker.service",
    ]
    assert found["runc-binary", "/usr/bin/docker-runc"] == "file"
    assert found["docker-binary", "/usr/bin/docker"] == "absent"
    assert set(purposes.PURPOSES) == PURPOSES


def test_a_program_is_named_by_its_own_file(host: HostFiles, write: Write) -> None:
    """An audit rule on a link to it would not see who writes it."""
    write("/usr/sbin/runc", "x")
    write("/usr/bin/docker", "x")
    Path(host.path("/usr/bin/runc")).symlink_to("../sbin/runc")
    found = {(one["Purpose"], one["Path"]) for one in files.collect(host, [])}
    assert {("runc-binary", "/usr/sbin/runc"), ("docker-binary", "/usr/bin/docker")} <= found


def test_a_rootless_daemon_has_its_certificates_at_home(host: HostFiles, write: Write) -> None:
    write("/etc/passwd", "root:x:0:0::/root:/bin/sh\nanne:x:1000:1000::/home/anne:/bin/sh\n")
    daemon = {"FilePath": "/home/anne/.config/docker/daemon.json", "Uid": 1000, "Flags": {"tlsverify": True}}
    engine = {"Kind": "docker", "Endpoint": "unix:///run/user/1000/docker.sock", "Daemon": daemon}
    found = {one["Purpose"]: one["Path"] for one in files.collect(host, [engine])}
    assert found["tls-key"] == "/home/anne/.docker/key.pem"
    assert found["daemon-json"] == "/home/anne/.config/docker/daemon.json"
    assert found["engine-socket"] == "/run/user/1000/docker.sock"
