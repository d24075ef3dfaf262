"""The agent as a service: a cycle an interval, with jitter; failed deliveries are tried again with growing pauses."""

from __future__ import annotations

import signal
import time

from . import contact
from .child import Uncollected
from .clock import boot_clock
from .courier import Courier
from .delivery import cycle_of, jittered
from .log import log
from .server import ServerError, Stopped
from .spool import Bounds
from .state import State
from .transport import Transport
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Callable

    from .scope import Options

NAP = 60.0  # seconds slept at once: a machine that was suspended notices soon that it is late


class Ended(BaseException):
    """SIGTERM or SIGINT arrived. Not an Exception: nothing on the way may take it for a failure."""


class Service:
    """The loop of ``run``."""

    def __init__(
        self,
        state: State,
        options: Options,
        interval: int | None,
        transport: Transport,
        bounds: Bounds | None = None,
    ) -> None:
        self.state = state
        self.options = options
        self.wished = interval  # from the command line; None follows the server
        self.courier = Courier(state, transport, bounds or Bounds())
        self.ended = False

    @property
    def interval(self) -> int:
        """Seconds between collections."""
        return self.wished or self.courier.wishes.interval

    def run(self) -> None:
        """Work until a signal comes. Raises Stopped when the server refuses this installation."""
        signal.signal(signal.SIGTERM, self.end)
        signal.signal(signal.SIGINT, self.end)
        try:
            while not self.ended:
                following = boot_clock() + jittered(self.interval)
                self.cycle()
                self.rest_until(following)
        except Ended:
            pass
        log(say("ended by a signal"))

    def end(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: leave whatever is going on, at once. All writing is crash-safe.

        Python forgets what is raised while it tidies up an object; then the loop ends where it stands next.
        """
        self.ended = True
        raise Ended

    def cycle(self) -> None:
        """One collection, delivered or kept; one line in the log."""
        self.attempt(lambda: cycle_of(self.courier, self.options, self.interval))

    def rest_until(self, following: float) -> None:
        """Sleep until the next collection; meanwhile try again to bring what waits. Boot clock."""
        retry_at = self.retry_at()
        while not self.ended:
            now = boot_clock()
            if now >= following:
                return
            if retry_at is not None and now >= retry_at:
                self.retry()
                retry_at = self.retry_at()
                continue
            until = following if retry_at is None else min(following, retry_at)
            time.sleep(min(NAP, max(0.0, until - now)))

    def retry_at(self) -> float | None:
        """The boot clock's time at which what waits is to be tried again; None where the next cycle does."""
        wait = self.courier.waits_for()
        return None if wait is None else boot_clock() + wait

    def retry(self) -> None:
        """Bring what waits, without a new collection."""
        self.attempt(self.courier.replay)

    def attempt(self, work: Callable[[], str]) -> None:
        """Do something with the server, and tell how it went; only a server that wants no more of us ends the service.

        Raises Stopped.
        """
        try:
            words = work()
        except (ServerError, Uncollected, OSError) as error:  # what a disk does to one cycle must not end the service
            contact.record_failure(self.state.folder, error)
            if isinstance(error, Stopped):
                raise
            log(contact.words_of(error))
        else:
            contact.record(self.state.folder, True, words)
            log(words)
