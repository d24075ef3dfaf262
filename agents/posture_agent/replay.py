"""Brings what waits in the spool, oldest first."""

from __future__ import annotations

from . import budget
from .clock import boot_identifier
from .entry import SNAPSHOT
from .server import Refused, Unreachable
from .setting_aside import SettingAside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .entry import Entry
    from .journal import Journal
    from .post import Post
    from .spool import Spool
    from .troubles import Troubles

DONE, MORE, SPENT, STUCK = "done", "more", "spent", "stuck"  # how far a replay came
MAX_PASSAGES = 200  # in one request
PASSAGE = 600  # bytes of one, about
MAX_REPLAYED = 2 * 1024 * 1024  # bytes of snapshots sent in one go, so that a long outage does not end in a flood


class Replay:
    """The sending of what waits."""

    def __init__(self, spool: Spool, post: Post, journal: Journal, troubles: Troubles) -> None:
        self.spool = spool
        self.post = post
        self.journal = journal
        self.anchors = troubles.anchors
        self.aside = SettingAside(spool, post, journal, troubles)

    def up_to(self, before: int | None) -> str:
        """Send what waits up to a number, oldest first; how far it came. Raises Unreachable or Stopped."""
        waiting = [entry for entry in self.spool.entries() if before is None or entry.last < before]
        carried = 0
        while waiting:
            entry = waiting[0]
            content = self.spool.read(entry)
            if content is None:
                waiting.pop(0)
                continue
            size = content["size"] if content["kind"] == SNAPSHOT else PASSAGE
            if not budget.allows(self.journal, size, self.anchors.now()):
                return SPENT
            if carried > MAX_REPLAYED:
                return MORE
            self._learn_time(content)
            batch = [(entry, content)] if content["kind"] == SNAPSHOT else self._passages(waiting)
            try:
                self._send(batch)
            except Refused as error:
                self.aside.refused(waiting, batch, error)
                continue
            except Unreachable as error:
                if not self.aside.gives_up(entry, error):
                    return STUCK
                self.aside.refused(waiting, batch[:1], error)
                continue
            carried += size
            self.spool.acknowledge(*[one for one, _ in batch])
            del waiting[: len(batch)]
        return DONE

    def _passages(self, waiting: list[Entry]) -> list[tuple[Entry, dict[str, Any]]]:
        """The passages at the head of what waits."""
        batch: list[tuple[Entry, dict[str, Any]]] = []
        for entry in waiting[:MAX_PASSAGES]:
            if batch and entry.kind == SNAPSHOT:
                break
            content = self.spool.read(entry)
            if content is None:
                waiting.remove(entry)
                break
            batch.append((entry, content))
        return batch

    def _send(self, batch: list[tuple[Entry, dict[str, Any]]]) -> None:
        entry, content = batch[0]
        if content["kind"] == SNAPSHOT:
            self.post.deliver(content["boot_id"], content["to_clock"], self.spool.body(entry))
        else:
            self.post.passages([one for _, one in batch])

    def _learn_time(self, content: dict[str, Any]) -> None:
        """Ask for the server's time where the age of what was collected before a boot depends on it."""
        boot = boot_identifier()
        known = content["boot_id"] == boot or self.anchors.zero(boot) is not None
        if known or self.anchors.zero(content["boot_id"]) is None:
            return
        try:
            self.post.hello()
        except Refused:
            return
