"""Python, rights, state directory, disk and clock."""

from __future__ import annotations

import os
import stat
import sys
import time

from ..reasons import words_of
from ..state import State
from ..words import say
from . import FINE, NOTE, WRONG, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

OLDEST = (3, 7)
ROOM = 64 * 1024 * 1024  # bytes; what the spool may need
FIRST_YEAR = 2020


def check(state: State) -> Iterator[Result]:
    """Everything that is about this machine alone."""
    yield python()
    yield rights()
    yield from folder(state)
    yield clock()


def python() -> Result:
    """The interpreter."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST:
        return Result(WRONG, say("Python %s is too old", version), say("Install Python 3.7 or newer."))
    return Result(FINE, say("Python %s", version))


def rights() -> Result:
    """Whether it may read everything."""
    if os.geteuid() == 0:
        return Result(FINE, say("runs as root"))
    advice = say("Run it as root: audit rules, passwords, sudo's rules and processes of others stay unknown otherwise.")
    return Result(NOTE, say("runs without root"), advice)


def folder(state: State) -> Iterator[Result]:
    """The state directory: there, ours, private, writable, with room."""
    path = state.folder
    try:
        status = os.stat(path)
    except FileNotFoundError:
        yield Result(NOTE, say("there is no state directory %s yet", path), say("The first collection makes it."))
        return
    except OSError as error:
        yield Result(WRONG, say("cannot read %s: %s", path, words_of(error)), say("Run this as root."))
        return
    if not stat.S_ISDIR(status.st_mode):
        yield Result(WRONG, say("%s is no directory", path), say("Remove it, or choose another one with --state."))
        return
    if not os.access(path, os.W_OK | os.X_OK) or os.statvfs(path).f_flag & os.ST_RDONLY:
        advice = say("Give it to the agent's account: chown %d %s", os.geteuid(), path)
        yield Result(WRONG, say("the state directory %s cannot be written", path), advice)
        return
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        advice = say("Keep others out: chown %d %s && chmod 700 %s", os.geteuid(), path, path)
        yield Result(WRONG, say("the state directory %s is open to others", path), advice)
    else:
        yield Result(FINE, say("the state directory %s is private and can be written", path))
    yield room(path)


def room(path: str) -> Result:
    """Disk space for what may wait."""
    space = os.statvfs(path)
    free = space.f_bavail * space.f_frsize
    words = say("%d MiB are free in %s", free // 2**20, path)
    if free < 2**20:
        return Result(WRONG, words, say("Make room: nothing can be kept while the server is away."))
    if free < ROOM:
        return Result(NOTE, words, say("The spool may need 64 MiB while the server is away; spool-bytes bounds it."))
    return Result(FINE, words)


def clock() -> Result:
    """Whether the date can be true."""
    now = time.gmtime()
    words = say("the clock says %s", time.strftime("%Y-%m-%d %H:%M:%S UTC", now))
    if now.tm_year < FIRST_YEAR:
        return Result(WRONG, words, say("Set the clock: TLS does not work with a wrong date. timedatectl shows why."))
    return Result(FINE, words)
