"""The agent as a service: a cycle an interval, with jitter; failed deliveries are tried again with growing pauses."""

from __future__ import annotations

import os
import signal
import sys
import time

from .collection import Options
from .delivery import Courier, collected, courier
from .server import Refused, Unreachable
from .state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

JITTER = 0.1  # share of the interval by which a cycle may come early or late, so that a fleet does not march in step
FIRST_PAUSE = 15.0  # seconds; doubles with each failure
LONGEST_PAUSE = 1800.0


class Ended(BaseException):
    """SIGTERM or SIGINT arrived. Not an Exception: nothing on the way may take it for a failure."""


def end(number: int, frame: FrameType | None) -> None:
    """Signal handler: leave whatever is going on, at once. All writing is crash-safe."""
    raise Ended


class Service:
    """The loop of ``run``."""

    def __init__(self, state: State, options: Options, interval: int | None) -> None:
        self.state = state
        self.options = options
        self.wished = interval  # from the command line; None follows the server
        self.courier: Courier = courier(state)
        self.failures = 0
        self.not_before = 0.0  # monotonic time before which the server is left alone

    @property
    def interval(self) -> int:
        """Seconds between collections."""
        return self.wished or self.courier.interval or int(self.state.enrolment()["interval"])

    def run(self) -> None:
        """Work until a signal comes. Raises Stopped when the server refuses this installation."""
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        try:
            while True:
                following = time.monotonic() + self.interval * (1 - JITTER + 2 * JITTER * chance())
                self.cycle()
                self.rest_until(following)
        except Ended:
            log("ended by a signal")

    def cycle(self) -> None:
        """One collection, delivered or kept; one line in the log."""
        cycle = collected(self.options, self.courier.position.advance, self.interval)
        words = "sequence %d " % cycle.check_in["sequence"]
        if time.monotonic() < self.not_before:
            log(words + self.courier.keep(cycle))
            return
        try:
            log(words + self.courier.bring(cycle))
            self.failures = 0
        except Unreachable as error:
            self.pause(error)
            log("%s%s; %s" % (words, error, self.courier.keep(cycle)))
        except Refused as error:
            log("%s%s" % (words, error))

    def pause(self, error: Unreachable) -> None:
        """Leave the server alone: full jitter over a doubling span, and as long as it asked for."""
        span = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures, 16))
        self.failures += 1
        self.not_before = time.monotonic() + max(error.wait, span * chance())

    def rest_until(self, following: float) -> None:
        """Sleep until the next collection; meanwhile try again to bring what waits."""
        while True:
            now = time.monotonic()
            if now >= following:
                return
            if not self.failures or self.not_before >= following:
                time.sleep(following - now)
            elif self.not_before > now:
                time.sleep(self.not_before - now)
            else:
                self.retry()

    def retry(self) -> None:
        """Bring what waits, without a new collection."""
        try:
            sent = self.courier.replay()
            self.failures = 0
            log("%d that waited sent" % sent)
        except Unreachable as error:
            self.pause(error)


def chance() -> float:
    """A random number in [0, 1)."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


def log(words: str) -> None:
    """One line on standard error; the service manager adds the time."""
    print("posture-agent: " + words, file=sys.stderr, flush=True)
