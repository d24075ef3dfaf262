"""Mounts, case by case: each row is one way in which a simpler reading is wrong."""

from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.tests.one_fact import NOT_COLLECTED, fact
from posture.facts.values import Reason, Unseen


def bind(source: str, **more: Any) -> dict[str, Any]:
    return {"Type": "bind", "Source": source, "Destination": "/x", "RW": True, "Propagation": "rprivate", **more}


@pytest.mark.parametrize(
    "source",
    [
        *("/", "/etc", "/etc/ssh", "/etc/", "/usr/local/../../etc", "//etc", "/var/run", "/run/lock", "/root/.ssh"),
        *("/var", "/var/lib", "/lib64", "/libx32/a", "/dev/sda", "/proc/1", "/sys/fs/cgroup", "/boot/grub"),
        *("/var/lib/docker/volumes", "/var/lib/kubelet/pods", "/usr/share"),
    ],
)
def test_sensitive_mounts(source: str) -> None:
    assert fact("SensitiveMounts", Mounts=[bind(source)]) == (f"{source}:/x:rw",)


@pytest.mark.parametrize("source", ["/srv/data", "/etcetera", "/home/me", "/opt/lib", "/data/etc", "/var/log/shop"])
def test_other_mounts(source: str) -> None:
    assert fact("SensitiveMounts", Mounts=[bind(source)]) == ()


def test_links_lead_to_the_real_path() -> None:
    assert fact("SensitiveMounts", Mounts=[bind("/srv/link", RealSource="/etc/shadow", RW=False)]) == (
        "/srv/link:/x:ro",
    )
    assert fact("EngineSockets", Mounts=[bind("/srv/s", RealSource="/run/docker.sock")]) == ("/srv/s:/x",)


def test_volumes_are_not_paths_of_the_host() -> None:
    volume = {"Type": "volume", "Name": "etc", "Source": "/var/lib/docker/volumes/etc/_data", "Destination": "/etc"}
    assert fact("SensitiveMounts", Mounts=[volume]) == ()
    assert fact("EngineSockets", Mounts=[volume]) == ()
    assert fact("HasMounts", Mounts=[volume]) is True
    old = {"Source": "/etc", "Destination": "/x", "Mode": "", "RW": True}  # engines before 1.13 give no type
    assert fact("SensitiveMounts", Mounts=[old]) == ("/etc:/x:rw",)
    assert fact("SensitiveMounts", Mounts=[{**old, "Name": "v", "Driver": "local"}]) == ()


def test_the_data_root_is_sensitive_where_it_is() -> None:
    keys = {"Info": {"DockerRootDir": "/data/docker"}}
    assert fact("SensitiveMounts", engine_keys=keys, Mounts=[bind("/data")]) == ("/data:/x:rw",)


@pytest.mark.parametrize(
    "source",
    [
        *("/var/run/docker.sock", "/run/docker.sock", "/run", "/var/run", "/", "/run/containerd"),
        *("/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/crio/crio.sock"),
        *("/run/user/1000/docker.sock", "/run/user/1000/podman/podman.sock", "/srv/x/docker.sock", "/var/run/../run"),
    ],
)
def test_engine_sockets(source: str) -> None:
    assert fact("EngineSockets", Mounts=[bind(source, RW=False)]) == (f"{source}:/x",)


@pytest.mark.parametrize("source", ["/srv", "/run/user/1000", "/run/lock", "/srv/docker.sock.d/x", "/var"])
def test_no_engine_sockets(source: str) -> None:
    assert fact("EngineSockets", Mounts=[bind(source)]) == ()


def test_the_sockets_of_this_host_count_through_their_directories() -> None:
    rootless = {"Endpoint": "unix:///run/user/1000/docker.sock"}
    assert fact("EngineSockets", engine_keys=rootless, Mounts=[bind("/run/user/1000")]) == ("/run/user/1000:/x",)


def test_shared_propagation() -> None:
    assert fact("SharedMounts", Mounts=[bind("/a", Propagation="rshared")]) == ("/a:/x:rshared",)
    assert fact("SharedMounts", Mounts=[bind("/a", Propagation="rslave")]) == ()
    silent = {key: value for key, value in bind("/a").items() if key != "Propagation"}
    assert fact("SharedMounts", Mounts=[silent]) == NOT_COLLECTED
    assert fact("HasMounts", Mounts=[]) is False


def test_a_volume_that_mounts_a_path_of_the_host_counts_as_that_path() -> None:
    volume = bind("/var/lib/docker/volumes/v/_data", Type="volume", Name="v", Propagation="")
    assert fact("SensitiveMounts", Mounts=[{**volume, "RealSource": "/etc"}]) == (
        "/var/lib/docker/volumes/v/_data:/x:rw",
    )
    assert fact("EngineSockets", Mounts=[{**volume, "RealSource": "/run"}]) == ("/var/lib/docker/volumes/v/_data:/x",)
    assert fact("SensitiveMounts", Mounts=[{**volume, "RealSource": "/srv/data"}]) == ()


def test_every_socket_that_a_daemon_names_counts() -> None:
    flags = {"hosts": ["fd://", "unix:///srv/ci/engine"], "containerd": "/srv/cd/own"}
    keys = {"Daemon": {"Flags": flags, "File": None}}
    assert fact("EngineSockets", engine_keys=keys, Mounts=[bind("/srv/ci")]) == ("/srv/ci:/x",)
    assert fact("EngineSockets", engine_keys=keys, Mounts=[bind("/srv/cd/own")]) == ("/srv/cd/own:/x",)
    assert fact("EngineSockets", engine_keys=keys, Mounts=[bind("/srv/other")]) == ()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        *((source, True) for source in ("/", "/dev", "/dev/ttyUSB0", "/proc/1", "/sys/fs/cgroup", "/etc/../sys")),
        *((source, False) for source in ("/devices", "/etc", "/run", "/home/dev")),
    ],
)
def test_the_hosts_own_trees(source: str, found: bool) -> None:
    assert fact("HostTreeMounts", Mounts=[bind(source, RW=False)]) == ((f"{source}:/x:ro",) if found else ())


def test_a_link_or_a_volume_that_leads_to_a_tree_of_the_host() -> None:
    assert fact("HostTreeMounts", Mounts=[bind("/srv/p", RealSource="/proc")]) == ("/srv/p:/x:rw",)
    volume = {"Type": "volume", "Name": "dev", "Source": "/dev", "Destination": "/x", "RW": True}
    assert fact("HostTreeMounts", Mounts=[volume]) == ()
    assert fact("HostTreeMounts", Mounts=[{"Type": "bind", "Destination": "/x"}]) == NOT_COLLECTED


def test_what_may_be_written() -> None:
    volume = {"Type": "volume", "Name": "data", "Source": "/v/data/_data", "Destination": "/data", "RW": True}
    memory = {"Type": "tmpfs", "Source": "", "Destination": "/cache", "RW": True}
    old = {"Name": "old", "Source": "/v/old", "Destination": "/d", "RW": True}  # before 1.13
    mounts = [volume, bind("/srv"), bind("/etc", RW=False), memory, old]
    assert fact("WritableMounts", Mounts=mounts) == ("/srv:/x", "data:/data", "old:/d")
    assert fact("TmpfsMounts", Mounts=mounts, HostConfig={"Tmpfs": ["/run"]}) == ("/cache", "/run")
    assert fact("TmpfsMounts", HostConfig={"Tmpfs": UNSET}) == NOT_COLLECTED
    assert fact("WritableMounts", Mounts=None) == ()
    assert fact("WritableMounts", Mounts=UNSET) == NOT_COLLECTED


@pytest.mark.parametrize(
    ("daemon", "reason"),
    [
        (UNSET, Reason.NOT_COLLECTED),
        ({"Flags": {}, "File": UNSET, "FileError": "not_permitted"}, Reason.NOT_PERMITTED),
        ({"Flags": UNSET, "FlagsError": "timed_out", "File": {"icc": False}}, Reason.TIMED_OUT),
    ],
)
def test_a_daemon_whose_options_are_unread_may_listen_on_any_path(daemon: Any, reason: Reason) -> None:
    keys = {"Daemon": daemon}
    assert fact("EngineSockets", engine_keys=keys, Mounts=[bind("/opt/x.sock")]) == Unseen(reason)
    assert fact("EngineSockets", engine_keys=keys, Mounts=[bind("/run")]) == ("/run:/x",)
    volume = {"Type": "volume", "Name": "v", "Source": "/var/lib/docker/volumes/v/_data", "Destination": "/v"}
    assert fact("EngineSockets", engine_keys=keys, Mounts=[volume]) == ()
    assert fact("EngineSockets", engine_keys=keys, Mounts=[]) == ()


def test_an_unseen_data_root_may_be_anywhere() -> None:
    keys = {"Info": {"DockerRootDir": UNSET}}
    assert fact("SensitiveMounts", engine_keys=keys, Mounts=[bind("/data")]) == NOT_COLLECTED
    assert fact("SensitiveMounts", engine_keys=keys, Mounts=[bind("/etc")]) == ("/etc:/x:rw",)
    assert fact("SensitiveMounts", engine_keys=keys, Mounts=[]) == ()


@pytest.mark.parametrize("name", ["SensitiveMounts", "EngineSockets", "HostTreeMounts"])
def test_where_links_of_another_machine_lead_is_unknown(name: str) -> None:
    far = {"Endpoint": "tcp://192.0.2.7:2375"}
    assert fact(name, engine_keys=far, Mounts=[bind("/srv/data")]) == NOT_COLLECTED
    assert fact(name, engine_keys=far, Mounts=[bind("/srv/data", RealSource="/srv/data")]) == ()
    assert fact(name, engine_keys=far, Mounts=[{"Type": "tmpfs", "Destination": "/x"}]) == ()
    assert fact(name, engine_keys={"Endpoint": "https://127.0.0.1:2376"}, Mounts=[bind("/srv/data")]) == ()


def test_what_is_sensitive_by_its_name_is_so_on_another_machine_too() -> None:
    far = {"Endpoint": "https://engine:2376"}
    assert fact("SensitiveMounts", engine_keys=far, Mounts=[bind("/etc")]) == ("/etc:/x:rw",)
