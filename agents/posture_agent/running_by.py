"""What starts the agent on this host: systemd's timer, cron, or nothing."""

from __future__ import annotations

import os

from . import installed, programs
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ASKED = "LoadState,ActiveState,Result,LastTriggerUSec,UnitFileState"


def found() -> dict[str, Any]:
    """``by`` (systemd, cron, busybox or None), ``active``, of systemd ``enabled``, ``last_start``, ``last_result``."""
    if os.path.exists("%s/%s" % (installed.UNITS, installed.TIMER)) and programs.systemd_runs():
        timer = programs.properties(installed.TIMER, ASKED)
        service = programs.properties(installed.SERVICE, "Result,ExecMainStatus")
        return {
            "by": installed.SYSTEMD,
            "active": timer.get("ActiveState") == "active",
            "enabled": timer.get("UnitFileState") == "enabled",
            "last_start": timer.get("LastTriggerUSec") or None,
            "last_result": service.get("Result") or None,
            "last_status": int(service.get("ExecMainStatus") or 0),
        }
    for folder, kind in ((installed.CRON, installed.CRON_DAEMON), (installed.PERIODIC, installed.BUSYBOX)):
        if os.path.exists("%s/%s" % (folder, installed.NAME)):
            return {"by": kind, "active": daemon_runs()}
    return {"by": None, "active": False}


def daemon_runs() -> bool:
    """Whether a cron daemon is among the processes."""
    return any(name(pid) in ("cron", "crond") for pid in os.listdir("/proc") if pid.isdigit())


def name(pid: str) -> str:
    """Name of a process; empty when it went meanwhile."""
    try:
        with open("/proc/%s/comm" % pid) as file:
            return file.read().strip()
    except OSError:
        return ""


def words(runs: dict[str, Any]) -> str:
    """For people."""
    if runs["by"] is None:
        return say("nothing starts it: run posture-agent install")
    if not runs["active"]:
        return say("%s, which is not active", runs["by"])
    if runs.get("last_start"):
        return say("%s, last started %s: %s", runs["by"], runs["last_start"], runs["last_result"])
    return str(runs["by"])
