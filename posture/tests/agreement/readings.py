"""Readings of a scene by code outside Posture: the engine's own client, stat, auditctl, ss, /proc."""

import copy
import json
import os
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from posture.tests.agreement.world import call
from posture.tests.engine import TestEngine


class Readings:
    """What an operator would type. Every answer is read once."""

    def __init__(self, engine: TestEngine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self._histories: dict[str, list[str]] = {}
        self._whole = self

    def of_container(self, name: str) -> Self:
        """The same readings, as if there were no other container."""
        one = copy.copy(self)
        one.containers = {name: self.containers[name]}
        return one

    def of_image(self, name: str) -> Self:
        """The same readings, as if there were no other image."""
        one = copy.copy(self)
        one.images = {name: self.images[name]}
        return one

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

    @property
    def every_image(self) -> dict[str, Any]:
        """All images of the engine, whichever ones are looked at."""
        return self._whole.images

    @cached_property
    def images(self) -> dict[str, Any]:
        """``docker image inspect`` of every image, by its first tag or id."""
        found = json.loads(self.engine.docker("image", "inspect", *self.engine.docker("images", "-q").split()))
        return {(one["RepoTags"] or [one["Id"]])[0]: one for one in found}

    def history(self, image: str) -> list[str]:
        """What made each layer, newest first and whole; "" where the engine does not tell."""
        if image not in self._histories:
            text = self.engine.docker("history", "--no-trunc", "--format", "{{json .CreatedBy}}", image)
            self._histories[image] = [str(json.loads(line)).strip() for line in text.splitlines()]
        return self._histories[image]

    @cached_property
    def command_line(self) -> list[str]:
        """The words of the daemon's command line, from /proc."""
        return Path(f"/proc/{self.engine.pid}/cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")

    @cached_property
    def configuration_path(self) -> str:
        """The configuration file that the command line names, or the usual one."""
        for word, following in zip(self.command_line, [*self.command_line[1:], ""], strict=True):
            if word.startswith("--config-file"):
                return word.partition("=")[2] or following
        return "/etc/docker/daemon.json"

    @cached_property
    def configuration(self) -> Any:
        """daemon.json, parsed; empty without one."""
        path = Path(self.configuration_path)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    @cached_property
    def containerd_socket(self) -> str:
        """The usual one, else that of the containerd which dockerd runs below its exec-root."""
        usual = "/run/containerd/containerd.sock"
        root = self.command_line[self.command_line.index("--exec-root") + 1]
        managed = f"{root}/containerd/containerd.sock"
        return usual if os.path.exists(usual) or not os.path.exists(managed) else managed

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
