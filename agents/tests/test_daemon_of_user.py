"""Whose daemon stands behind a socket on which systemd listens for it."""

import os
from pathlib import Path

import pytest

from agents.posture_agent.collectors import daemon
from agents.posture_agent.hostfiles import HostFiles
from agents.tests.conftest import Write

ROOTS_SYSTEMD, USERS_SYSTEMD, ROOTS_DOCKERD, USERS_DOCKERD = 1, 900, 100, 200
USER = 1000


class Owned(HostFiles):
    """A made-up host whose processes have owners."""

    def stat(self, path: str) -> os.stat_result:
        status = super().stat(path)
        pid = path[len("/proc/") :] if path.startswith("/proc/") else ""
        uid = USER if pid in (str(USERS_SYSTEMD), str(USERS_DOCKERD)) else 0
        return os.stat_result((*status[:4], uid, *status[5:]))


@pytest.fixture
def files(tmp_path: Path, write: Write) -> HostFiles:
    """Root's dockerd with its pid file; of the user systemd alone."""
    for pid, name in ((ROOTS_SYSTEMD, "systemd"), (USERS_SYSTEMD, "systemd"), (ROOTS_DOCKERD, "dockerd")):
        write(f"/proc/{pid}/comm", name)
    write(f"/proc/{ROOTS_DOCKERD}/cmdline", "dockerd\0-H\0fd://")
    write("/run/docker.pid", str(ROOTS_DOCKERD))
    write("/etc/passwd", f"root:x:0:0::/root:/bin/sh\nmara:x:{USER}:{USER}::/home/mara:/bin/sh\n")
    write("/etc/docker/daemon.json", '{"debug": true}')
    return Owned(str(tmp_path))


def test_roots_systemd_stands_for_roots_daemon(files: HostFiles) -> None:
    assert daemon.find_pid(files, ROOTS_SYSTEMD) == ROOTS_DOCKERD


def test_a_users_systemd_never_stands_for_roots_daemon(files: HostFiles) -> None:
    assert daemon.find_pid(files, USERS_SYSTEMD) is None
    found = daemon.collect(files, USERS_SYSTEMD)
    assert found["FlagsError"] == "not_collected"
    assert (found["FilePath"], found["File"]) == ("/home/mara/.config/docker/daemon.json", None)


def test_a_users_systemd_stands_for_the_users_daemon(files: HostFiles, write: Write) -> None:
    write(f"/proc/{USERS_DOCKERD}/comm", "dockerd")
    write(f"/proc/{USERS_DOCKERD}/cmdline", "dockerd\0--rootless")
    assert daemon.find_pid(files, USERS_SYSTEMD) == USERS_DOCKERD
    assert daemon.find_pid(files, ROOTS_SYSTEMD) == ROOTS_DOCKERD
