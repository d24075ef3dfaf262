"""What else runs containers on a host is found by what it leaves."""

from pathlib import Path

import pytest

from agents.posture_agent.collectors import runtimes
from agents.posture_agent.hostfiles import HostFiles
from agents.tests.conftest import Write

TASKS = "/run/containerd/io.containerd.runtime.v2.task"


def test_a_host_with_docker_alone(host: HostFiles, write: Write) -> None:
    write(f"{TASKS}/moby/0123/init.pid", "1")
    write("/var/lib/machines/.hidden", "")
    write("/usr/sbin/lxd", "#!/bin/sh")  # Ubuntu's stub that would install LXD
    assert runtimes.collect(host) == []


@pytest.mark.parametrize(
    ("path", "name", "evidence"),
    [
        ("/var/lib/lxc/web/config", "LXC", "/var/lib/lxc"),
        ("/usr/bin/lxc-start", "LXC", "/usr/bin/lxc-start"),
        ("/var/lib/incus/unix.socket", "Incus", "/var/lib/incus/unix.socket"),
        ("/opt/incus/bin/incusd", "Incus", "/opt/incus/bin/incusd"),
        ("/usr/libexec/incus/incusd", "Incus", "/usr/libexec/incus/incusd"),
        ("/snap/bin/lxd", "LXD", "/snap/bin/lxd"),
        ("/var/lib/lxd/unix.socket", "LXD", "/var/lib/lxd/unix.socket"),
        ("/var/snap/lxd/common/lxd/unix.socket", "LXD", "/var/snap/lxd/common/lxd/unix.socket"),
        ("/var/lib/rkt/cas/db", "rkt", "/var/lib/rkt"),
        ("/var/lib/machines/debian/etc/passwd", "systemd-nspawn", "/var/lib/machines"),
        ("/run/crio/crio.sock", "CRI-O", "/run/crio/crio.sock"),
        ("/usr/local/bin/k3s", "K3s", "/usr/local/bin/k3s"),
        (f"{TASKS}/k8s.io/0123/init.pid", "containerd", f"{TASKS}/k8s.io"),
    ],
)
def test_what_shows_a_runtime(host: HostFiles, write: Write, path: str, name: str, evidence: str) -> None:
    write(path, "")
    assert runtimes.collect(host) == [{"Name": name, "Evidence": evidence}]


def test_each_runtime_is_named_once(host: HostFiles, write: Write, tmp_path: Path) -> None:
    for path in ("/usr/bin/lxc-start", "/var/lib/lxc/a/config", f"{TASKS}/a/1", f"{TASKS}/b/1", "/opt/bin/rkt"):
        write(path, "")
    assert [one["Name"] for one in runtimes.collect(host)] == ["containerd", "LXC", "rkt"]
