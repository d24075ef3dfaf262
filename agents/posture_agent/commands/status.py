"""``status`` says how the agent is doing. It asks nobody but systemd, and shows no secret."""

from __future__ import annotations

import json
import os
import time

from .. import VERSION, contact, due, installed, running_by
from ..failures import OK, STATE, TROUBLE
from ..journal import Journal
from ..log import show
from ..options import Given
from ..state import State, StateError
from ..words import say, told
from .place import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STALE = 3  # intervals without a success


def run(given: Given) -> int:
    """Print the status; TROUBLE where something waits, is stale or does not run, STATE where nobody enrolled."""
    state = state_of(given)
    if os.path.isdir(state.folder) and not os.access(state.folder, os.R_OK | os.X_OK):
        raise StateError(say("cannot read %s: %s", state.folder, say("permission denied")))
    found = facts(given, state)
    if given.json:
        show(json.dumps(found, indent=2, sort_keys=True))
    else:
        for name, words in lines(found):
            show("%s %s" % (name.ljust(20), words))
    if not found["enrolled"]:
        return STATE
    return OK if found["fine"] else TROUBLE


def facts(given: Given, state: State) -> dict[str, Any]:
    """Everything as plain values."""
    found: dict[str, Any] = {"version": VERSION, "state": state.folder, "enrolled": state.enrolled()}
    found["runs"] = running_by.found()
    found["waiting"] = waiting(state.path("spool"))
    if not found["enrolled"]:
        return dict(found, fine=False)
    enrolment = state.enrolment()
    place = state.position().read()
    journal = Journal(state.path("delivery.json"), str(enrolment["installation"]))
    wished = given.interval or journal.interval or enrolment["interval"]
    interval = max(wished, installed.EVERY.get(found["runs"]["by"], 0))
    reached = contact.last(state.folder)
    found.update(
        server=enrolment["url"],
        installation=enrolment["installation"],
        interval=interval,
        collection={"sequence": place["sequence"], "at": place["observed_at"]},
        contact=reached or None,
        next=due.left(state.path("schedule.json")),
        troubles=[dict(one, Detail=told(one["Detail"])) for one in journal.troubles],
        stale=stale(reached.get("succeeded_at"), interval),
    )
    quiet = not found["waiting"]["entries"] and reached.get("ok") is True
    return dict(found, fine=quiet and not found["stale"] and found["runs"]["active"])


def waiting(folder: str) -> dict[str, Any]:
    """entries and bytes of the spool, moment of the oldest, and how many the server refused."""
    kept = files_in(folder)
    oldest = min((status.st_mtime for status in kept), default=None)
    return {
        "entries": len(kept),
        "bytes": sum(status.st_size for status in kept),
        "oldest": None if oldest is None else moment(oldest),
        "refused": len(files_in(os.path.join(folder, "refused"))),
    }


def files_in(folder: str) -> list[os.stat_result]:
    """Status of each regular file of a folder but unfinished ones; none where there is no folder."""
    if not os.path.isdir(folder):
        return []
    with os.scandir(folder) as entries:
        return [entry.stat() for entry in entries if entry.is_file() and not entry.name.endswith(".tmp")]


def stale(succeeded_at: str | None, interval: int) -> bool:
    """Whether the last success is too long ago, or never was."""
    return succeeded_at is None or succeeded_at < moment(time.time() - max(STALE * interval, 300))


def moment(seconds: float) -> str:
    """RFC 3339 in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The status for people."""
    rows = [(say("version"), found["version"]), (say("state"), found["state"])]
    if not found["enrolled"]:
        rows.append((say("server"), say("not enrolled: run posture-agent enrol URL --key KEY")))
    else:
        rows += [(say("server"), found["server"]), (say("installation"), found["installation"])]
        rows += [(say("last collection"), collection_words(found["collection"]))]
        rows += [(say("last contact"), contact_words(found["contact"], found["stale"]))]
        rows += [(say("last trouble"), trouble_words(one)) for one in found["troubles"][-1:]]
        rows += [(say("interval"), say("%d seconds", found["interval"])), (say("next run"), next_words(found["next"]))]
    rows += [(say("waiting"), waiting_words(found["waiting"])), (say("runs by"), running_by.words(found["runs"]))]
    return rows


def collection_words(collection: dict[str, Any]) -> str:
    """Number and time of the last collection."""
    if not collection["sequence"]:
        return say("no collection yet")
    return say("number %d, %s", collection["sequence"], collection["at"])


def contact_words(reached: dict[str, Any] | None, late: bool) -> str:
    """How the last contact went, and since when none succeeded where that is too long ago."""
    if reached is None:
        return say("none yet")
    words = say("%s: %s", reached["at"], reached["outcome"])
    if late and reached.get("succeeded_at"):
        return say("%s; the last success was at %s", words, reached["succeeded_at"])
    return words


def trouble_words(one: dict[str, str]) -> str:
    """What went wrong in the agent itself."""
    return say("%s, %s: %s", one["At"], kind_words(one["Kind"]), one["Detail"])


def kind_words(kind: str) -> str:
    """A kind of trouble for people."""
    return {
        "budget_spent": say("a budget is spent"),
        "clock_wrong": say("the clock is wrong"),
        "collection_failed": say("a collection failed"),
        "disk_failed": say("the disk failed"),
        "disk_full": say("the disk is full"),
        "misdirected": say("something else answers"),
        "set_aside": say("something was set aside"),
        "spool_damaged": say("the spool was damaged"),
        "spool_full": say("the spool is full"),
        "state_damaged": say("the state was damaged"),
    }.get(kind, kind)


def next_words(left: dict[str, float]) -> str:
    """When something is due."""
    seconds = min(left.values())
    return say("in %d seconds", seconds) if seconds >= 2 else say("due now")


def waiting_words(spool: dict[str, Any]) -> str:
    """What waits in the spool."""
    words = say("nothing")
    if spool["entries"] == 1:
        words = say("one entry, %d bytes, from %s", spool["bytes"], spool["oldest"])
    elif spool["entries"]:
        words = say("%d entries, %d bytes, the oldest from %s", spool["entries"], spool["bytes"], spool["oldest"])
    if spool["refused"] == 1:
        return say("%s; one refused by the server is kept", words)
    return say("%s; %d refused by the server are kept", words, spool["refused"]) if spool["refused"] else words
