"""A real Podman of the tests' own, of root or of an ordinary user: private storage and socket, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from posture.tests.engine import busybox_archive
from posture.tests.ordinary import OrdinaryUser, wait_for

IMAGE = "localhost/posture-test:1"
# Without systemd, and without asking for more files or processes than the machine lets a container have.
CONFIGURATION = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""


def available() -> bool:
    """Whether this machine has Podman and what it needs, and we are root."""
    return os.geteuid() == 0 and all(shutil.which(name) for name in ("podman", "conmon", "runc"))


class TestPodman:
    """A Podman with its API service. ``user``: whose it is; None is root. ``port``: serve on it, on loopback."""

    __test__ = False  # a tool of tests, not a test

    def __init__(self, user: OrdinaryUser | None = None, port: int | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="posture-podman-"))
        self.folder.chmod(0o755)
        self.user = user
        self.path = (user.run if user else self.folder) / "podman.sock"
        self.address = f"tcp://127.0.0.1:{port}" if port else f"unix://{self.path}"
        self.endpoint = self.address
        self.log = self.folder / "log"
        self.service: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            (self.folder / "containers.conf").write_text(CONFIGURATION)
            (self.folder / "image.tar").write_bytes(busybox_archive())
            self.podman("import", "--quiet", str(self.folder / "image.tar"), IMAGE)
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def start(self) -> None:
        """Start the service and wait until it listens."""
        with self.log.open("ab") as log:
            words = self.words("system", "service", "--time=0", self.address)
            self.service = subprocess.Popen(words, stdout=log, stderr=log, env=self.environment(), cwd="/")
        if self.endpoint.startswith("unix://"):
            wait_for(self.path.exists, self.service, self.log)

    def stop(self) -> None:
        """Stop the service; containers go on."""
        if self.service is not None and self.service.poll() is None:
            self.service.send_signal(signal.SIGTERM)
            try:
                self.service.wait(10)
            except subprocess.TimeoutExpired:
                self.service.kill()
                self.service.wait(10)
        self.path.unlink(missing_ok=True)

    def words(self, *arguments: str) -> list[str]:
        """The command line of a Podman command."""
        if self.user is not None:
            return self.user.command(["podman", *arguments])
        places = [f"--{name}={self.folder / name}" for name in ("root", "runroot", "tmpdir", "network-config-dir")]
        return ["podman", *places, f"--volumepath={self.folder / 'volumes'}", *arguments]

    def environment(self) -> dict[str, str]:
        """What Podman finds around it."""
        configuration = str(self.folder / "containers.conf")
        if self.user is not None:
            return self.user.environment(CONTAINERS_CONF=configuration)
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "CONTAINERS_CONF": configuration}

    def podman(self, *arguments: str) -> str:
        """Output of ``podman ARGUMENTS``, stripped; fails with Podman's words."""
        # Into files: what a container keeps open must not keep us waiting.
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            words = self.words(*arguments)
            done = subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=self.environment(), cwd="/",
                timeout=60, check=False,
            )  # fmt: skip
            output.seek(0)
            errors.seek(0)
            if done.returncode:
                raise RuntimeError(f"podman {' '.join(arguments)}: {errors.read().decode(errors='replace')}")
            return output.read().decode().strip()

    def run(self, name: str, *options: str, command: Sequence[str] = ("sleep", "3600")) -> str:
        """``podman run -d`` without a network; returns the container's id."""
        return self.podman("run", "-d", "--name", name, "--network", "none", *options, IMAGE, *command)

    def remove(self) -> None:
        """Remove containers, stop the service, remove the files."""
        subprocess.run(
            self.words("rm", "-f", "-a", "-t", "0"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=self.environment(), cwd="/", timeout=60, check=False,
        )  # fmt: skip
        self.stop()
        points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for point in reversed([point for point in points if point.startswith(f"{self.folder}/")]):
            subprocess.run(["umount", "-l", point], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
