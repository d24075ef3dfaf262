"""``install`` puts the agent, its settings and its timer in their places; a second time it changes nothing."""

from __future__ import annotations

import os

from .. import installed, running_by, settings
from ..enrolment import enrol
from ..failures import OK, UsageError
from ..installed import BUSYBOX, CRON_DAEMON, SYSTEMD, Places
from ..loading import loaded
from ..lock import Locked
from ..log import log, show
from ..options import Given
from ..placing import Changes, content
from ..programs import running_file, systemctl
from ..server import Unreachable
from ..state import State, StateError
from ..transport import transport_of
from ..words import say
from .enrol import enrolment_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

FIRST_LINES = """# Settings of the Posture agent: name = value. Options of the command line go before them.
# Names: ca, engine (may come several times), engine-certs, interval, language, proxy, scans, spool-bytes,
# spool-entries, state.
"""


def run(given: Given) -> int:
    """Install; with ``--enrol`` let this host in and send the first snapshot before the timer begins."""
    places = Places(given, given.state)
    check(given, places)
    scheduler = places.scheduler()
    if not scheduler:
        raise UsageError(
            say("there is neither systemd nor cron here: let something call %s send --due every minute", places.program)
        )
    changes = Changes(given.dry_run)
    changes.write(places.real(places.program), this_program(), 0o755)
    write_settings(given, places, changes)
    late: Optional[Unreachable] = None
    if given.enrol:
        try:
            let_in(given, State(places.state), changes)
        except Unreachable as error:
            if not State(places.state).enrolled():
                raise
            late = error  # enrolled; the first snapshot waits in the spool, and the timer brings it
    schedule(scheduler, places, changes)
    if not places.root and not given.dry_run and not running_by.found()["active"]:
        log(say("nothing starts it yet: %s", running_by.words(running_by.found())))
    if not changes.count:
        show(say("nothing to do: everything is in its place"))
    if late is not None:
        raise late
    return OK


def check(given: Given, places: Places) -> None:
    """Refuse what cannot work. Raises UsageError."""
    if places.root and given.enrol:
        raise UsageError(say("--enrol does not go with --root: a host is let in while it runs"))
    if places.root and not os.path.isdir(places.root):
        raise UsageError(say("there is no folder %s", places.root))
    if not places.root and os.geteuid() != 0 and not given.dry_run:
        raise UsageError(say("install works as root, or below a folder with --root DIR"))
    for name, texts in given.typed.items():  # they go into the file, where a wrong one would stop every command
        for text in texts:
            settings.check(name, text)


def this_program() -> bytes:
    """The running file. Raises UsageError where the agent runs from its sources."""
    data = content(running_file())
    if data is None:
        raise UsageError(say("install needs the agent as one file: python agents/build.py makes it"))
    return data


def write_settings(given: Given, places: Places, changes: Changes) -> None:
    """The settings file: what was given on the command line goes in, the rest of it stays."""
    path = places.real(places.settings)
    before = content(path)
    text = FIRST_LINES if before is None else before.decode("utf-8", "replace")
    after = settings.changed(text, given.typed)
    changes.write(path, after.encode("utf-8"), 0o600)


def let_in(given: Given, state: State, changes: Changes) -> None:
    """Enrol and send the first snapshot, unless this host is enrolled with that server already."""
    if state.enrolled() and not given.again:
        known = str(state.enrolment()["url"])
        if known != given.enrol.rstrip("/"):
            raise StateError(say("this host is enrolled with %s already: add --again to enrol anew", known))
        return
    if not changes.said(say("enrolling with %s", given.enrol), say("would enrol with %s", given.enrol)):
        return
    key = enrolment_key(given)
    state.prepare()
    with Locked(state):
        log(enrol(state, given.enrol, key, given.ca_sha256, given.again, transport_of(given)))
    loaded("commands.cycle").collect_and_deliver(given)


def schedule(scheduler: str, places: Places, changes: Changes) -> None:
    """Let the agent be started from now on."""
    if scheduler == CRON_DAEMON:
        changes.write(places.real("%s/%s" % (installed.CRON, installed.NAME)), places.crontab().encode(), 0o644)
    elif scheduler == BUSYBOX:
        changes.write(places.real("%s/%s" % (installed.PERIODIC, installed.NAME)), places.periodic().encode(), 0o755)
    elif scheduler == SYSTEMD:
        written = [changes.write(places.real(path), text.encode(), 0o644) for path, text in places.units().items()]
        changes.link(places.real(installed.WANTS), "%s/%s" % (installed.UNITS, installed.TIMER))
        if not places.root and not changes.dry:
            start_timer(any(written), changes)


def start_timer(reload: bool, changes: Changes) -> None:
    """Tell systemd about the units and start the timer. Raises StateError where systemd refuses."""
    if reload:
        demand("daemon-reload")
    if systemctl("is-active", installed.TIMER)[0] or reload:
        demand("restart", installed.TIMER)
        changes.said(say("started: %s", installed.TIMER), "")


def demand(*arguments: str) -> None:
    """Call systemctl. Raises StateError with what it said."""
    status, text = systemctl(*arguments)
    if status:
        raise StateError(say("systemctl %s failed: %s", " ".join(arguments), text.replace("\n", " ")))
