"""Where an installation stands: the number, digest and link of its last collection, and the numbers of its messages.

Kept in two files of fixed size that are overwritten in place, one after the other: a torn or damaged one is survived by
the other, and a full disk still has room for both. Nothing is used before it is in both, but for a file that a rotten
disk neither reads nor replaces.
"""

from __future__ import annotations

import os

from .chain import first_link, next_link
from .entry import BROKEN
from .failures import STATE, Failure
from .reasons import words_of
from .storage import overwrite, read_copies, sealed
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SIZE = 1024  # bytes of each file
FILES = ("position.json", "position.copy.json")
MESSAGES = 10000  # numbers of messages that belong to one collection
RESERVED = 64  # of these, taken at once, so that most messages cost no writing


class PositionLost(Failure):
    """Both files are damaged or gone, or cannot be read."""

    status = STATE


class Position:
    """The position in a state directory. Methods raise PositionLost and OSError."""

    def __init__(self, folder: str, installation: str) -> None:
        self.files = [os.path.join(folder, name) for name in FILES]
        self.installation = installation
        self.said: int | None = None  # the last message's number

    def read(self) -> dict[str, Any]:
        """sequence, previous_digest, digest, link, message (highest number in use), observed_at, boot_id, clock."""
        copies, failure = read_copies(self.files)
        found = [content for content in copies if content is not None]
        if not found and failure is not None:
            raise PositionLost(say("cannot read %s: %s", failure.filename, words_of(failure)))
        if not found:
            raise PositionLost(say("%s is damaged or gone: enrol this host again", self.files[0]))
        mine = [content for content in found if content["installation"] == self.installation]
        if not mine:  # of the enrolment before: the power went while the host was enrolled anew
            return self.beginning()
        return max(mine, key=lambda content: (content["sequence"], content["message"]))

    def whole(self) -> bool:
        """Whether both files are as they were written."""
        return None not in read_copies(self.files)[0]

    def beginning(self) -> dict[str, Any]:
        """The position before the first collection."""
        return {
            "installation": self.installation,
            "sequence": 0,
            "previous_digest": None,
            "digest": None,
            "link": first_link(self.installation),
            "message": 0,
            "observed_at": None,
            "boot_id": None,
            "clock": None,
        }

    def advance(self, digest: str, observed_at: str, boot_id: str, clock: float) -> dict[str, Any]:
        """Take the next number for a collection; it is durable before anybody hears of it. The place in the chain."""
        before = self.read()
        after = following(before, digest, observed_at, boot_id, clock)
        first = max(before["message"], after["sequence"] * MESSAGES)
        self.write(dict(after, message=first + RESERVED))
        self.said = first
        return after

    def message_number(self) -> int:
        """The number of the next message: greater than every one that this installation ever said."""
        content = self.read()
        if self.said is None or self.said >= content["message"]:
            self.said = max(content["message"], content["sequence"] * MESSAGES)
            self.write(dict(content, message=self.said + RESERVED))
        self.said += 1
        return self.said

    def write(self, content: dict[str, Any]) -> None:
        """Make a position durable; in one of the files where the disk has lost the other for good."""
        lost = 0
        for path in self.files:
            try:
                overwrite(path, sealed(content).ljust(SIZE - 1) + b"\n")
            except OSError as error:
                lost += 1
                if error.errno not in BROKEN or lost == len(self.files):
                    raise


def following(before: dict[str, Any], digest: str, observed_at: str, boot_id: str, clock: float) -> dict[str, Any]:
    """The position after one more collection; nothing is written."""
    sequence = before["sequence"] + 1
    return dict(
        before,
        sequence=sequence,
        previous_digest=before["digest"],
        digest=digest,
        link=next_link(before["link"], sequence, digest, boot_id, observed_at),
        observed_at=observed_at,
        boot_id=boot_id,
        clock=clock,
    )
