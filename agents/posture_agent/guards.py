"""Bounds of what a collection may take of its host, so that one that runs away is stopped, and says so."""

from __future__ import annotations

import resource
import signal

from .reading import DETAILS, TIMED_OUT, Deadline, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LATE = 2.0  # seconds after the deadline at which a source is stopped that does not look at the clock
AGAIN = 1.0  # seconds after which a source is stopped once more that took the first stop for its own error
DETAIL = "The collection used more CPU time than it may, and was stopped at this source."


class Guard:
    """While it is entered, the source being read ends after ``cpu`` seconds of CPU time of this process, or soon after
    the deadline, also within a call that blocks; and what takes more than ``memory`` bytes above today's is a
    MemoryError, which ends its source.

    For the main thread; in others time has no bound. A call that no signal ends (a dead disk or mount) outlives this.
    """

    def __init__(self, deadline: Deadline, cpu: float, memory: int) -> None:
        self.deadline = deadline
        self.cpu = cpu
        self.memory = memory

    def __enter__(self) -> None:
        self.data = resource.getrlimit(resource.RLIMIT_DATA)
        limits = [held() + self.memory] + [limit for limit in self.data if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min(limits), self.data[1]))
        self.handlers: dict[Any, Any] = {}
        try:
            self.handlers = {
                signal.SIGPROF: signal.signal(signal.SIGPROF, self.stop),
                signal.SIGALRM: signal.signal(signal.SIGALRM, self.hurry),
            }
        except ValueError:
            return  # not the main thread
        signal.setitimer(signal.ITIMER_PROF, self.cpu, AGAIN)
        signal.setitimer(signal.ITIMER_REAL, self.deadline.left() + LATE, AGAIN)

    def __exit__(self, *details: object) -> None:
        if self.handlers:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        resource.setrlimit(resource.RLIMIT_DATA, self.data)

    def stop(self, number: int, frame: object) -> None:
        """Signal handler: end the source that is being read, and let no other begin."""
        self.deadline.expire(DETAIL)
        if self.deadline.reading:
            raise Unreadable(TIMED_OUT, DETAIL)

    def hurry(self, number: int, frame: object) -> None:
        """Signal handler: end the source that is being read; the time for all others is over anyway."""
        if self.deadline.reading:
            raise Unreadable(TIMED_OUT, DETAILS[TIMED_OUT])


def held() -> int:
    """Bytes of data that this process has now, as RLIMIT_DATA counts them (and its stack)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * resource.getpagesize()
