"""Pauses: after a failure the server is left alone for a while, by every process of this installation."""

from __future__ import annotations

from .clock import boot_clock, boot_identifier
from .patience import pause
from .server import Stopped, Unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from .journal import Journal


class LeftAlone(Unreachable):
    """Nothing was tried: the server asked for a pause, or did not answer lately."""


class Pauses:
    """The pauses that the journal keeps."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def left(self) -> float:
        """Seconds for which the server is to be left alone."""
        if self.journal.boot != boot_identifier():
            return 0.0
        return self.journal.not_before - boot_clock()

    def attempt(self, work: Callable[[], None]) -> None:
        """Do something that needs the server; failures make pauses, and a success ends them. Raises what it raises."""
        try:
            work()
        except (Unreachable, Stopped) as error:
            asked = error.wait if isinstance(error, Unreachable) else 0.0
            self.journal.boot = boot_identifier()
            self.journal.not_before = boot_clock() + pause(self.journal.failures, asked)
            self.journal.failures += 1
            raise
        self.journal.failures, self.journal.not_before = 0, 0.0
