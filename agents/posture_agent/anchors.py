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
DRIFT = 2.0  # seconds; a smaller difference is not worth a writing
OLDEST = 10**9  # seconds; the protocol takes no older age


class Anchors:
    """The anchors in a file. A damaged or missing file means that there are none."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.boot = boot_identifier()
        try:
            content = read_sealed(path) or {}
            self.zeros = [(str(boot), float(zero)) for boot, zero in content.get("boots", [])]
        except (OSError, ValueError, TypeError):
            self.zeros = []

    def zero(self, boot: str) -> float | None:
        """The server's time at the beginning of a boot's clock."""
        return next((zero for known, zero in self.zeros if known == boot and boot != NO_BOOT), None)

    def hear(self, answer: dict[str, Any]) -> None:
        """Take the time that an answer says; a disk that takes no writing is no reason to stop."""
        now = seconds_of(answer.get("now"))
        if now is None:
            return
        zero, before = now - boot_clock(), self.zero(self.boot)
        if before is not None and abs(before - zero) < DRIFT:
            return
        others = [pair for pair in self.zeros if pair[0] != self.boot]
        self.zeros = [*others[1 - KEPT :], (self.boot, round(zero, 3))]
        try:
            write_file(self.path, sealed({"boots": self.zeros}))
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
