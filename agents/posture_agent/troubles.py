"""The agent's own troubles: said in the log at once, kept for ``status``, and told to the server for a day.

Their kinds are the closed list ``TroubleKind`` of the protocol; their words stay on the host.
"""

from __future__ import annotations

from .clock import DAY, boot_clock, moment, seconds_of, wall_clock
from .log import log
from .spool import FULL, SpoolFull
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .anchors import Anchors
    from .journal import Journal
    from .spool import Spool

SKEW = 60.0  # seconds by which a clock may differ from the server's
DISK_FULL, DISK_FAILED, SPOOL_FULL = "disk_full", "disk_failed", "spool_full"


class Troubles:
    """What went wrong in the agent itself."""

    def __init__(self, journal: Journal, anchors: Anchors) -> None:
        self.journal = journal
        self.anchors = anchors

    def tell(self, kind: str, words: str) -> None:
        """Say it, and keep it. ``words``: for people, in one line."""
        log(words)
        self.note(kind, words)

    def note(self, kind: str, words: str) -> None:
        """Keep what somebody else says."""
        self.journal.trouble(moment(self.anchors.now()), self.anchors.boot, boot_clock(), kind, words)

    def hear(self, spool: Spool) -> None:
        """Tell what the spool found damaged, and what it gave up."""
        for name in spool.news:
            self.tell("spool_damaged", say("%s in the spool is damaged and set aside; its numbers become a gap", name))
        for name in spool.spoilt:
            self.tell("spool_damaged", say("the facts in %s are damaged; its number goes without them", name))
        if spool.crowded:
            self.tell(SPOOL_FULL, say("older facts gave way: the spool is full"))
        if spool.squeezed:
            self.tell(DISK_FULL, say("older facts gave way: the disk is full"))
        del spool.news[:], spool.spoilt[:]
        spool.crowded = spool.squeezed = False

    def look_at_clock(self) -> None:
        """Note where this machine's clock is wrong; the server is to have been heard."""
        seconds = wall_clock() - self.anchors.now()
        if abs(seconds) > SKEW:
            self.note("clock_wrong", say("the clock differs from the server's by %d seconds", round(seconds)))

    def ride_on(self, measurements: dict[str, Any]) -> None:
        """Let those of the last day travel with a message, without their words; the key is absent where there are none.

        Only once the server was heard since the boot: until then nobody knows what day it is.
        """
        measurements.pop("Troubles", None)
        if self.anchors.zero(self.anchors.boot) is None or self.journal.spared == self._day():
            return
        found = self._recent()
        if found:
            measurements["Troubles"] = found

    def spare(self, measurements: dict[str, Any]) -> bool:
        """Take them out of a message that was refused, and keep them from the server for a day; False without any.

        A server of before refuses what it does not know.
        """
        if measurements.pop("Troubles", None) is None:
            return False
        self.journal.spared = self._day()
        return True

    def _day(self) -> str:
        return moment(self.anchors.now())[:10]

    def _recent(self) -> list[dict[str, str]]:
        now, found = self.anchors.now(), []
        for one in self.journal.troubles:
            at = self._happened(one, now)
            if at is not None and now - DAY <= at <= now:
                found.append({"Kind": str(one["Kind"]), "At": moment(at)})
        return found

    def _happened(self, one: dict[str, Any], now: float) -> float | None:
        """The server's time of a trouble: by the boot's clock where it can be told, else as it was believed then."""
        age = self.anchors.age(one["Boot"], one["Clock"]) if "Boot" in one else None
        return seconds_of(one["At"]) if age is None else now - age


def kind_of(error: BaseException) -> str:
    """The kind of trouble of what was raised while something was kept."""
    if isinstance(error, SpoolFull):
        return SPOOL_FULL
    return DISK_FULL if getattr(error, "errno", None) in FULL else DISK_FAILED
