"""Readings of the stage by code outside Posture: the engine's own client, stat, auditctl, ss, /proc."""

import json
import os
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

from posture.tests.agreement.world import call
from posture.tests.engine import TestEngine


class Readings:
    """What an operator would type. Every answer is read once."""

    def __init__(self, engine: TestEngine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    @cached_property
    def info(self) -> Any:
        """``docker info`` as the client prints it."""
        return json.loads(self.engine.docker("info", "--format", "{{json .}}"))

    @cached_property
    def containers(self) -> dict[str, Any]:
        """``docker inspect`` of every container, stopped ones too, by name."""
        names = self.engine.docker("ps", "--all", "--quiet").split()
        return (
            {one["Name"].lstrip("/"): one for one in json.loads(self.engine.docker("inspect", *names))} if names else {}
        )

    @cached_property
    def command_line(self) -> list[str]:
        """The words of the daemon's command line, from /proc."""
        return Path(f"/proc/{self.engine.pid}/cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")

    @cached_property
    def configuration(self) -> Any:
        """daemon.json, parsed; empty without one."""
        path = Path("/etc/docker/daemon.json")
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    @cached_property
    def sockets(self) -> str:
        """``ss`` of this network namespace: listening TCP sockets with their programs."""
        return call("ss", "--listening", "--tcp", "--numeric", "--processes", "--no-header")

    @cached_property
    def audit(self) -> list[str]:
        """``auditctl -l``."""
        done = subprocess.run(["auditctl", "-l"], capture_output=True, text=True, check=False, timeout=30)
        return done.stdout.splitlines()

    def stat(self, path: str) -> str:
        """``stat`` as "uid gid mode", "" where there is no such file."""
        if not os.path.lexists(path):
            return ""
        return call("stat", "--dereference", "--format", "%u %g %a", path).strip()

    def process(self, name: str) -> dict[str, str]:
        """/proc/PID/status of a container's main process, by key; empty when it does not run."""
        pid = self.containers[name]["State"]["Pid"]
        if not pid:
            return {}
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
