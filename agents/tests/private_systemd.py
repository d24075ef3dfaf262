"""A real systemd of the tests' own: process 1 of its own namespaces, with the units of one folder and nothing else."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SYSTEMD = Path("/lib/systemd/systemd")
HIERARCHIES = Path("/sys/fs/cgroup")
SECONDS = 40
TARGETS = ("sysinit", "basic", "shutdown", "timers", "network-online", "time-set", "time-sync")  # that others ask for
# Its own /run, and what is written to /etc, /usr/local and /var/lib stays inside; process 1 in a cgroup of its own, so
# that it finds nothing of the host to manage.
BEGIN = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/systemd/system
mkdir /run/layers
mount -t tmpfs tmpfs /run/layers
for folder in /etc /usr/local; do
    mkdir -p /run/layers$folder/upper /run/layers$folder/work
    layers="lowerdir=$folder,upperdir=/run/layers$folder/upper,workdir=/run/layers$folder/work"
    mount -t overlay overlay -o "$layers" "$folder"
done
mount -t tmpfs tmpfs /var/lib
mount -t proc proc /proc
export container=other SYSTEMD_UNIT_PATH="$1:/etc/systemd/system" SYSTEMD_LOG_TARGET=null
exec /lib/systemd/systemd --system --unit=first.target --log-target=null --show-status=no
"""


def available() -> bool:
    """Whether a systemd can be run here."""
    return os.geteuid() == 0 and SYSTEMD.exists() and shutil.which("unshare") is not None


@contextmanager
def cgroup(name: str) -> Iterator[list[Path]]:
    """A group in every hierarchy of cgroups; removed with all below it."""
    places = [HIERARCHIES / name]
    if not (HIERARCHIES / "cgroup.controllers").exists():
        named = ("systemd", "unified", "memory", "pids", "devices", "cpu", "cpuacct", "blkio")
        places = [HIERARCHIES / kind / name for kind in named if (HIERARCHIES / kind).is_dir()]
    for place in places:
        place.mkdir()
    try:
        yield places
    finally:
        for place in places:
            for folder in sorted((path for path in place.rglob("*") if path.is_dir()), reverse=True):
                folder.rmdir()
            place.rmdir()


def run_units(folder: Path, units: dict[str, str], done: Path) -> None:
    """Start ``units`` (text by name) one after the other; returns when ``done`` is there. Raises AssertionError."""
    folder.mkdir(exist_ok=True)
    for name, text in units.items():
        (folder / name).write_text(text)
    for name in TARGETS:
        (folder / f"{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    wants = "".join(f"Wants={name}\n" for name in units)
    (folder / "first.target").write_text(f"[Unit]\nDefaultDependencies=no\n{wants}")
    with cgroup(f"posture-test-{os.getpid()}") as places:
        enter = "".join(f'echo $$ > "{place}/cgroup.procs"\n' for place in places)
        command = ["unshare", "-m", "-p", "-u", "-i", "-C", "-f", "--kill-child", "sh", "-c", BEGIN, "sh", str(folder)]
        process = subprocess.Popen(
            ["sh", "-c", enter + 'exec "$@"', "sh", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            waited = subprocess.run(
                ["sh", "-c", 'while [ ! -e "$1" ]; do sleep 0.1; done', "sh", str(done)], timeout=SECONDS, check=False
            )
            assert waited.returncode == 0
        finally:
            process.kill()
            process.wait()
            subprocess.run(["sleep", "0.3"], check=True)
