"""Anchors: what the server's time was when a boot's clock began. They tell ages that no wall clock can falsify.

A board without a clock battery believes in 1970 after each boot; the first answer of the server mends what was
collected in that boot, and what was collected in boots before in which a server was heard.
"""

from __future__ import annotations

from .clock import NO_BOOT, boot_clock, boot_identifier, seconds_of, wall_clock
from .storage import read_sealed, sealed, write_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEPT = 64  # boots
FINER = 0.5  # seconds by which a word of the server has to narrow an anchor to be worth a writing
OLDEST = 10**9  # seconds; the protocol takes no older age


class Anchors:
    """The anchors in a file. A damaged or missing file means that there are none.

    The server took its time somewhere between the question and the answer: an anchor is the span that this leaves, and
    each further answer narrows it. One that contradicts it wins: the server's clock was set.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.boot = boot_identifier()
        try:
            content = read_sealed(path) or {}
            self.spans = [(str(boot), float(low), float(high)) for boot, low, high in content.get("boots", [])]
        except (OSError, ValueError, TypeError):
            self.spans = []

    def span(self, boot: str) -> tuple[float, float] | None:
        """Between which times of the server a boot's clock began."""
        return next(((low, high) for known, low, high in self.spans if known == boot and boot != NO_BOOT), None)

    def zero(self, boot: str) -> float | None:
        """The server's time at the beginning of a boot's clock."""
        span = self.span(boot)
        return None if span is None else (span[0] + span[1]) / 2

    def hear(self, answer: dict[str, Any], asked: float) -> None:
        """Take the time that an answer says. ``asked``: the boot clock's when the question left.

        A disk that takes no writing is no reason to stop.
        """
        now = seconds_of(answer.get("now"))
        if now is None:
            return
        low, high = now - boot_clock(), now - asked
        before = self.span(self.boot)
        fresh = before is None or low > before[1] or high < before[0]
        if before is not None and not fresh:
            low, high = max(low, before[0]), min(high, before[1])
        others = [span for span in self.spans if span[0] != self.boot]
        self.spans = [*others[1 - KEPT :], (self.boot, round(low, 3), round(high, 3))]
        if before is not None and not fresh and high - low > before[1] - before[0] - FINER:
            return
        try:
            write_file(self.path, sealed({"boots": self.spans}))
        except OSError:
            pass  # it is known for as long as this process lives

    def now(self) -> float:
        """Seconds since 1970: by the server where it was heard in this boot, else as the wall clock believes."""
        zero = self.zero(self.boot)
        return wall_clock() if zero is None else zero + boot_clock()

    def age(self, boot: str, clock: float) -> float | None:
        """Seconds since a moment of a boot's clock; None where nobody knows."""
        if boot == self.boot and boot != NO_BOOT:
            age = boot_clock() - clock
        else:
            then, zero = self.zero(boot), self.zero(self.boot)
            if then is None or zero is None:
                return None
            age = zero + boot_clock() - then - clock
        return round(age, 3) if 0 <= age <= OLDEST else None  # below zero: the machine was set back to a copy of it
