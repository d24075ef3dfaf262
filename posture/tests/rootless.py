"""A real dockerd without root: of an ordinary user, in a user namespace that RootlessKit makes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from posture.tests.engine import busybox_archive
from posture.tests.ordinary import OrdinaryUser, wait_for

SCRIPTS = "/usr/share/docker.io/contrib"  # where Debian puts dockerd-rootless.sh
SCRIPT = "dockerd-rootless.sh"
IMAGE = "posture-test:1"


def available() -> bool:
    """Whether this machine has a rootless Docker."""
    there = shutil.which(SCRIPT) or Path(SCRIPTS, SCRIPT).exists()
    return bool(there) and all(shutil.which(name) for name in ("rootlesskit", "dockerd", "docker"))


class RootlessDocker:
    """A running dockerd of ``user``; without a network of its own, which would take a device of the machine."""

    def __init__(self, user: OrdinaryUser) -> None:
        self.user = user
        self.socket = user.run / "docker.sock"
        self.endpoint = f"unix://{self.socket}"
        self.log = user.folder / "dockerd.log"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        around = self.user.environment(
            DOCKERD_ROOTLESS_ROOTLESSKIT_NET="host", DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER="none"
        )
        around["PATH"] += f":{SCRIPTS}"
        words = self.user.command([SCRIPT, "--bridge=none", "--iptables=false", "--ip6tables=false"])
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, env=around, cwd="/")
        wait_for(self.answers, self.process, self.log)
        self.docker("import", "-", IMAGE, data=busybox_archive())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        names = self.docker("ps", "-aq").split()
        if names:
            self.docker("rm", "-f", "-v", *names)
        assert self.process is not None
        self.process.terminate()
        self.process.wait(20)

    def answers(self) -> bool:
        """Whether the daemon answers; its socket is there earlier."""
        words = ["docker", "-H", self.endpoint, "version"]
        done = subprocess.run(words, capture_output=True, timeout=60, check=False, env=self.user.environment())
        return done.returncode == 0

    def docker(self, *arguments: str, data: bytes | None = None) -> str:
        """Output of ``docker ARGUMENTS``, stripped; fails with the client's words."""
        done = subprocess.run(
            ["docker", "-H", self.endpoint, *arguments], input=data, capture_output=True, timeout=60, check=False,
            env=self.user.environment(),
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode().strip()

    def run(self, name: str, *options: str) -> str:
        """``docker run -d`` without a network; returns the container's id."""
        return self.docker("run", "-d", "--name", name, "--network", "none", *options, IMAGE, "sleep", "3600")
