"""``uninstall`` removes what ``install`` and the agent made, and nothing else. It tells the server nothing."""

from __future__ import annotations

import os

from .. import installed
from ..failures import OK, UsageError
from ..installed import Places
from ..log import show
from ..options import Given
from ..placing import Changes
from ..programs import systemctl, systemd_runs
from ..words import say

# How names of the agent's files in its state directory end.
MADE = (".json", ".tmp", ".key", ".pem", ".journal", ".reserve")
FOLDERS = ("spool/refused", "spool/damaged", "spool")  # of the state directory; the agent made everything in them


def run(given: Given) -> int:
    """Stop the timer, then remove units, cron's file, settings, state and at last the program."""
    places = Places(given, given.state)
    if not places.root and os.geteuid() != 0 and not given.dry_run:
        raise UsageError(say("uninstall works as root, or below a folder with --root DIR"))
    changes = Changes(given.dry_run)
    units = [places.real("%s/%s" % (installed.UNITS, name)) for name in (installed.TIMER, installed.SERVICE)]
    managed = not places.root and not changes.dry and systemd_runs() and any(os.path.exists(unit) for unit in units)
    if managed:
        systemctl("disable", "--now", installed.TIMER)
        systemctl("stop", installed.SERVICE)
    for path in (installed.WANTS, installed.CRON + "/" + installed.NAME, installed.PERIODIC + "/" + installed.NAME):
        changes.remove(places.real(path))
    for unit in units:
        changes.remove(unit)
    if managed:
        systemctl("daemon-reload")
        systemctl("reset-failed", installed.SERVICE)
    changes.remove(places.real(places.settings))
    if not given.keep_state:
        remove_state(places.real(places.state), changes)
    changes.remove(places.real(places.program))
    if not changes.count:
        show(say("nothing to do: the agent is not installed"))
    return OK


def remove_state(folder: str, changes: Changes) -> None:
    """Remove what the agent keeps; results of scanners and everything else that others put there stays."""
    if not os.path.isdir(folder):
        return
    for below in FOLDERS:
        path = os.path.join(folder, below)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
            if not os.path.isdir(os.path.join(path, name)):
                changes.remove(os.path.join(path, name))
        changes.remove_folder(path)
    for name in sorted(os.listdir(folder)):
        if (name.endswith(MADE) or name == "lock") and not os.path.isdir(os.path.join(folder, name)):
            changes.remove(os.path.join(folder, name))
    changes.remove_folder(folder)
    if os.path.isdir(folder) and not changes.dry:
        show(say("left, because the agent did not make it: %s", ", ".join(sorted(os.listdir(folder)))))
