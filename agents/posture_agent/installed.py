"""Where an installed agent has its files, and what is in them. ``root`` stands in front of every path ("" for /)."""

from __future__ import annotations

import os
import re

from . import programs
from .failures import UsageError
from .options import Given
from .settings import default_path
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

PREFIX = "/usr/local"
SETTINGS = default_path({}, 0)
STATE = "/var/lib/posture-agent"
UNITS = "/etc/systemd/system"
SERVICE, TIMER = "posture-agent.service", "posture-agent.timer"
WANTS = UNITS + "/timers.target.wants/" + TIMER
CRON = "/etc/cron.d"  # Debian's cron, cronie
PERIODIC = "/etc/periodic/15min"  # Alpine's busybox
NAME = "posture-agent"
SAFE = re.compile(r"/[A-Za-z0-9/._+@-]*")  # what neither systemd nor a shell reads as anything else
SYSTEMD, CRON_DAEMON, BUSYBOX = "systemd", "cron", "busybox"

CRON_TEXT = """# Posture agent: asks every minute whether a collection is due. Written by posture-agent install.
# --wait: each host begins at a second of its own. Two never work at once: the agent holds a lock.
SHELL=/bin/sh
PATH=%(path)s
* * * * * root %(command)s send --due --wait 40%(config)s 2>&1 | logger -t posture-agent
"""
PERIODIC_TEXT = """#!/bin/sh
# Posture agent: asks every quarter of an hour whether a collection is due. Written by posture-agent install.
PATH=%(path)s
%(command)s send --due --every 900 --wait 40%(config)s 2>&1 | logger -t posture-agent
"""
EVERY = {SYSTEMD: 60, CRON_DAEMON: 60, BUSYBOX: 900}  # seconds from one question to the next


class Places:
    """The paths of one installation. Raises UsageError for a path that units and cron could misread."""

    def __init__(self, given: Given, state: Optional[str]) -> None:
        self.root = (given.root or "").rstrip("/")
        self.program = safe((given.prefix or PREFIX).rstrip("/") + "/bin/" + NAME)
        self.settings = safe(given.config or SETTINGS)
        self.state = safe(state or STATE)

    def real(self, path: str) -> str:
        """The path to open. Raises UsageError where a link would lead out of the root."""
        if self.root:
            root, folder = os.path.realpath(self.root), os.path.realpath(os.path.dirname(self.root + path))
            if folder != root and not folder.startswith(root.rstrip("/") + "/"):
                raise UsageError(say("%s: a link leads out of %s", self.root + path, self.root))
        return self.root + path

    def scheduler(self) -> str:
        """What starts the agent here: SYSTEMD, CRON_DAEMON, BUSYBOX; "" where there is nothing of these."""
        if self.root:
            systemd = any(
                os.path.exists(self.real(path)) for path in ("/lib/systemd/systemd", "/usr/lib/systemd/systemd")
            )
        else:
            systemd = programs.systemd_runs()
        if systemd:
            return SYSTEMD
        folders = ((CRON, CRON_DAEMON), (PERIODIC, BUSYBOX))
        return next((kind for folder, kind in folders if os.path.isdir(self.real(folder))), "")

    def command(self) -> str:
        """What runs the program: its path, with this interpreter in front where its first line would find none that
        will do."""
        usual = None if self.root else programs.found("python3")
        if self.root or (usual and (os.path.realpath(usual) == executable() or programs.runs_agent(usual))):
            return self.program
        return executable() + " " + self.program

    def config(self) -> str:
        """The option that names the settings file, where it is not in its usual place."""
        return "" if self.settings == SETTINGS else " --config " + self.settings

    def units(self) -> dict[str, str]:
        """Text of each systemd unit by path."""
        service = unit(SERVICE)
        service = service.replace(
            "%s/bin/%s send --due" % (PREFIX, NAME), self.command() + " send --due" + self.config()
        )
        if self.state != STATE:
            service = service.replace(
                "StateDirectoryMode=0700\n", "StateDirectoryMode=0700\nReadWritePaths=%s\n" % self.state
            )
        return {"%s/%s" % (UNITS, SERVICE): service, "%s/%s" % (UNITS, TIMER): unit(TIMER)}

    def crontab(self) -> str:
        """Text of the file in /etc/cron.d."""
        return self._filled(CRON_TEXT)

    def periodic(self) -> str:
        """Text of the script that busybox starts."""
        return self._filled(PERIODIC_TEXT)

    def _filled(self, text: str) -> str:
        return text % {"path": ":".join(programs.FOLDERS), "command": self.command(), "config": self.config()}


def safe(path: str) -> str:
    """A path that may stand in a unit and in a line of cron."""
    if not SAFE.fullmatch(path) or ".." in path.split("/"):
        raise UsageError(
            say("%s: a path of an installation begins with / and has letters, digits and . _ + @ - only", path)
        )
    return path


def unit(name: str) -> str:
    """The text of a unit as it is shipped inside the agent."""
    loader = __loader__  # type: ignore[name-defined]  # the import system sets it
    return str(loader.get_data(os.path.join(os.path.dirname(__file__), "systemd", name)).decode("utf-8"))


def executable() -> str:
    """The running Python. Raises UsageError where its path is unfit for a unit."""
    return safe(os.path.realpath("/proc/self/exe"))
