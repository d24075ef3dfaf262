"""The agent's own troubles: said in the log at once, and kept for ``status``."""

from __future__ import annotations

from .clock import moment
from .log import log
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .anchors import Anchors
    from .journal import Journal
    from .spool import Spool


class Troubles:
    """What went wrong in the agent itself."""

    def __init__(self, journal: Journal, anchors: Anchors) -> None:
        self.journal = journal
        self.anchors = anchors

    def tell(self, kind: str, words: str) -> None:
        """Say it, and keep it. ``words``: for people, in one line."""
        log(words)
        self.journal.trouble(moment(self.anchors.now()), kind, words)

    def hear(self, spool: Spool) -> None:
        """Tell what the spool found damaged."""
        for name in spool.news:
            self.tell("spool_damaged", say("%s in the spool is damaged and set aside; its numbers become a gap", name))
        del spool.news[:]
