"""Puts entries of the spool out of the way that the server never takes; what they stand for is said instead."""

from __future__ import annotations

from .server import Misdirected, Refused, ServerError, Unreachable
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .entry import Entry
    from .journal import Journal
    from .post import Post
    from .spool import Spool
    from .troubles import Troubles

BROKEN = (500, 502, 503, 504)  # answers that tell nothing of whose fault it is
GIVEN_UP_AFTER = 86400.0  # seconds for which an entry failed, and others did not
GIVEN_UP_TRIES = 8


class SettingAside:
    """Decides which entries hold up the others for nothing."""

    def __init__(self, spool: Spool, post: Post, journal: Journal, troubles: Troubles) -> None:
        self.spool = spool
        self.post = post
        self.journal = journal
        self.troubles = troubles

    def refused(self, waiting: list[Entry], batch: list[tuple[Entry, dict[str, Any]]], error: ServerError) -> None:
        """Put what the server will never take out of the way; of several passages find the one.

        ``waiting`` begins with the entries of ``batch``, and is kept true.
        """
        for entry, content in batch:
            if len(batch) > 1:
                try:
                    self.post.passages([content])
                    self.spool.acknowledge(entry)
                    waiting.remove(entry)
                    continue
                except Refused as again:
                    error = again
            self.troubles.tell("set_aside", say("number %d is set aside: %s", entry.first, error))
            self.spool.refuse(entry)
            waiting.remove(entry)
            left = self.spool.find(entry.first)
            if left is not None:  # of a snapshot a passage stays, which takes its place in the order
                waiting.insert(0, left)

    def gives_up(self, entry: Entry, error: Unreachable) -> bool:
        """Whether an entry failed for so long, while the server took other messages, that it is given up.

        One that never reached the server waits for as long as the spool can hold it. Raises ``error`` where the server
        takes nothing else either.
        """
        astray = isinstance(error, Misdirected)
        if not (astray or error.wait or error.answered in BROKEN):
            raise error
        if error.wait and self._tried(entry)["tries"] <= GIVEN_UP_TRIES:
            raise error  # a pause is asked for; where the same entry meets it every time, is it meant for all?
        try:
            self.post.hello()
        except ServerError:
            self.journal.stuck = None
            raise error from None
        if astray:
            self.troubles.tell("misdirected", say("number %d does not reach the server: %s", entry.first, error))
            return False
        if error.wait:
            return False
        now, stuck = self.troubles.anchors.now(), self._tried(entry)
        if stuck["tries"] < GIVEN_UP_TRIES or now - stuck["since"] < GIVEN_UP_AFTER:
            return False
        self.journal.stuck = None
        return True

    def _tried(self, entry: Entry) -> dict[str, Any]:
        """How often an entry failed that others overtook, once more now, and since when."""
        stuck = self.journal.stuck
        if stuck is None or stuck["first"] != entry.first:
            stuck = {"first": entry.first, "since": self.troubles.anchors.now(), "tries": 0}
        stuck["tries"] += 1
        self.journal.stuck = stuck
        return stuck
