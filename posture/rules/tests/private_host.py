"""This machine with a private /etc, /usr, /var and /run: commands may change them, and nothing of it lasts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agents.posture_agent.collectors import audit
from posture.tests import auditing

KEY = "docker"
REPOSITORY = Path(__file__).parents[3]
# The default rules of a distribution begin with -D and would unload what others have loaded.
ENTER = """
set -e
mount -t tmpfs tmpfs "$1"
for tree in etc usr var; do
    mkdir "$1/$tree" "$1/$tree.work"
    mount -t overlay overlay -o "lowerdir=/$tree,upperdir=$1/$tree,workdir=$1/$tree.work" "/$tree"
done
mount -t tmpfs tmpfs /run
if [ -d /etc/audit ]; then rm -rf /etc/audit/rules.d /etc/audit/audit.rules; fi
mkdir -p /etc/audit/rules.d
echo ready
exec sleep infinity
"""
COLLECT = """
import json, sys
from agents.posture_agent.collectors import files
from agents.posture_agent.hostfiles import HostFiles
print(json.dumps(files.collect(HostFiles("/"), json.loads(sys.argv[1]))))
"""


def available() -> bool:
    """Whether this machine lets us make such a place."""
    return os.geteuid() == 0 and all(shutil.which(name) for name in ("unshare", "nsenter"))


def audit_available() -> bool:
    """Whether the kernel lets us load audit rules: it has them, we may, and they are not locked."""
    return auditing.available() and shutil.which("augenrules") is not None


class PrivateHost:
    """Use it as a context manager. Audit rules are the whole kernel's: those that are loaded meanwhile with our key are
    looked at, and taken out again; others may be another test's."""

    def __init__(self, folder: Path, *, audited: bool = False) -> None:
        self.folder = folder
        self.audited = audited
        self.loaded_before: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert self.process.stdout is not None
            assert self.process.stdout.readline() == "ready\n", "the private trees could not be mounted"
            self.loaded_before = self.loaded()
        except BaseException:
            self.leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.unload()
        finally:
            self.leave()

    def leave(self) -> None:
        """Ends the process that keeps the place alive."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Types a script into a root shell of that place."""
        return self.enter(["bash", "-c", script, "bash", *words])

    def enter(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        assert self.process is not None
        inside = ["nsenter", "--mount", f"--target={self.process.pid}", "env", f"--chdir={REPOSITORY}", *command]
        return subprocess.run(inside, capture_output=True, text=True, check=False)

    def collect(self, engines: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
        """The files that the real agent sees there, and what it says of auditing: the switch and our rules."""
        done = self.enter([sys.executable, "-c", COLLECT, json.dumps(engines)])
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), [*self.switched_off(), *self.loaded()]

    def switched_off(self) -> list[str]:
        """How the agent says that auditing is switched off, where it is."""
        return [text for text in audit.collect() if text == audit.SWITCHED_OFF] if self.audited else []

    def loaded(self) -> list[str]:
        """The kernel's rules with the key that fixes give them, but those that were there before."""
        rules = audit.collect() if self.audited else []
        return [rule for rule in rules if rule.endswith(f" -k {KEY}") and rule not in self.loaded_before]

    def unload(self) -> None:
        """Takes out the audit rules that were loaded since the beginning."""
        for rule in self.loaded():
            place, _, rest = rule.removeprefix("-w ").partition(" -p ")
            permissions, _, key = rest.partition(" -k ")
            field = "dir" if place.endswith("/") else "path"
            fields = [f"{field}={place.rstrip('/')}", f"perm={permissions}", f"key={key}"]
            done = self.enter(["auditctl", "-d", "always,exit", *(word for one in fields for word in ("-F", one))])
            assert done.returncode == 0, f"{rule} is still loaded: {done.stderr}"
