"""Keeps collections in the spool: changed facts before all else, the rest where nobody heard of it."""

from __future__ import annotations

from .entry import DROPPED, SNAPSHOT, UNCHANGED
from .packing import packed
from .passages import passage_of
from .reasons import words_of
from .spool import SpoolFull
from .troubles import kind_of
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .cycle import Cycle
    from .journal import Journal
    from .spool import Spool
    from .troubles import Troubles
    from .wishes import Wishes


class Keeper:
    """Puts collections into the spool, and notes in the journal up to where all are heard or kept."""

    def __init__(self, spool: Spool, journal: Journal, wishes: Wishes, troubles: Troubles) -> None:
        self.spool = spool
        self.journal = journal
        self.wishes = wishes
        self.troubles = troubles
        self.interval: int | None = None  # seconds between collections here, where another one than the server wishes

    def settle(self, place: dict[str, Any]) -> None:
        """A collection that was numbered and neither said nor kept before the power went is said afterwards."""
        settled = self.journal.settled
        if settled is not None and place["sequence"] > settled and self.spool.find(place["sequence"]) is None:
            self.add(place, UNCHANGED if place["digest"] == place["previous_digest"] else DROPPED)
        if settled != place["sequence"]:
            self.journal.settled = place["sequence"]
            self.journal.save()

    def secure(self, cycle: Cycle) -> None:
        """Put changed facts on the disk before anything else happens to them."""
        if not cycle.changed:
            return
        body = packed(cycle.snapshot)
        try:
            self.spool.add(self._passage(cycle.place, SNAPSHOT), body)
            cycle.snapshot = {}  # it is on the disk; a small machine needs the memory
            self.journal.settled = cycle.sequence
            self.journal.save()
        except (SpoolFull, OSError) as error:
            self.troubles.tell(kind_of(error), say("these facts cannot wait on the disk: %s", reason(error)))
            self.add(cycle.place, DROPPED)

    def keep(self, cycle: Cycle) -> str:
        """Keep what could not be said; words for the log."""
        if self.spool.find(cycle.sequence) is not None:
            words = say("kept for later")
        else:
            words = self.add(cycle.place, DROPPED if cycle.changed else UNCHANGED)
        self.journal.settled = cycle.sequence
        return words

    def add(self, place: dict[str, Any], kind: str) -> str:
        """Keep a collection without its facts; words for the log. ``place``: a Position's content."""
        try:
            self.spool.add(self._passage(place, kind))
            return say("kept for later")
        except (SpoolFull, OSError) as error:
            words = say("not kept: %s", reason(error))
            self.troubles.tell(kind_of(error), words)
            return words

    def _passage(self, place: dict[str, Any], kind: str) -> dict[str, Any]:
        return passage_of(place, kind, self.interval or self.wishes.interval)


def reason(error: BaseException) -> str:
    """Why something failed, in few words."""
    if isinstance(error, SpoolFull):
        return say("the spool is full")
    return words_of(error)
