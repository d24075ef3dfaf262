"""How reading a source of facts goes: what can fail, how it is named, and how long it may take.

The reasons are the closed list ``ReadError`` of the protocol.
"""

from __future__ import annotations

import errno
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

NOT_PERMITTED = "not_permitted"
SOURCE_FAILED = "source_failed"
NOT_COLLECTED = "not_collected"
TIMED_OUT = "timed_out"
TOO_LARGE = "too_large"
ABSENT = "absent"

# What a reader of hostile or half-written data may raise; anything else is a defect and must surface.
MALFORMED = (ValueError, LookupError, TypeError, AttributeError)


class Unreadable(Exception):
    """A source could not be read. ``reason`` is of the closed list; ``detail`` is stable words for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Deadline:
    """The moment (of the monotonic clock) at which a collection gives up."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds
        self.reading = False  # whether a reader is at work, which may be stopped
        self.detail = "The collection reached its deadline before this source."

    def left(self) -> float:
        """Seconds left, at least zero."""
        return max(0.0, self.end - time.monotonic())

    def expire(self, detail: str) -> None:
        """Let the time be over now; ``detail`` says why."""
        self.end, self.detail = 0.0, detail

    def check(self) -> None:
        """Raise Unreadable when the time is over."""
        if self.left() <= 0:
            raise Unreadable(TIMED_OUT, self.detail)


class Share(Deadline):
    """A part of the time of a whole; what ends the whole ends it as well."""

    def __init__(self, seconds: float, whole: Deadline) -> None:
        self.whole = whole
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, at least zero."""
        return min(super().left(), self.whole.left())

    @property
    def detail(self) -> str:  # type: ignore[override]  # the whole says why it is over
        """Why it is over."""
        return self.whole.detail

    @property
    def reading(self) -> bool:
        """Whether a reader is at work."""
        return self.whole.reading

    @reading.setter
    def reading(self, now: bool) -> None:
        self.whole.reading = now


def reason_of(error: BaseException) -> str:
    """The closed reason for an exception met while reading."""
    if isinstance(error, Unreadable):
        return error.reason
    reason = getattr(error, "reason", None)
    if reason in (NOT_PERMITTED, SOURCE_FAILED, TIMED_OUT, TOO_LARGE, ABSENT):
        return str(reason)
    if isinstance(error, PermissionError):
        return NOT_PERMITTED
    if isinstance(error, (FileNotFoundError, ProcessLookupError)):
        return ABSENT
    if isinstance(error, OSError) and error.errno in (errno.ETIMEDOUT, errno.EAGAIN):
        return TIMED_OUT
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOMEM)):
        return TOO_LARGE
    if type(error).__name__ == "timeout":  # socket.timeout before Python 3.10, without importing socket here
        return TIMED_OUT
    return SOURCE_FAILED


DETAILS = {
    NOT_PERMITTED: "The agent's account may not read this. Run the agent as root, or grant its account access.",
    SOURCE_FAILED: "The source answered with something the agent does not understand.",
    TIMED_OUT: "The source did not answer in time.",
    TOO_LARGE: "The source holds more than the agent is willing to read.",
    ABSENT: "The source does not exist on this host.",
}
# What stat says of such a file where time has 32 bits (EOVERFLOW): ARM boards up to Debian 12.
BEYOND_2038 = "A file is dated after 2038, which this 32-bit system cannot tell. Set the clock, touch the file."


def detail_of(error: BaseException) -> str:
    """Stable words for people: never times, pids or anything that was read."""
    if isinstance(error, Unreadable):
        return error.detail
    if isinstance(error, OSError) and error.errno == errno.EOVERFLOW:
        return BEYOND_2038
    return getattr(error, "detail", None) or DETAILS[reason_of(error)]


class Sources:
    """The list of sources of one collection and how reading each of them went."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.entries: list[dict[str, Any]] = []

    def read(self, name: str, reader: Callable[..., Any], *arguments: Any) -> Optional[Any]:
        """Call ``reader`` and record how it went; None when it failed (its facts are then left out)."""
        try:
            self.deadline.check()
            self.deadline.reading = True
            value = reader(*arguments)
            self.deadline.reading = False
        except (Unreadable, OSError, MemoryError, RecursionError, *MALFORMED) as error:
            self.deadline.reading = False
            self.failed(name, reason_of(error), detail_of(error))
            return None
        self.entries.append({"Name": name, "Status": "ok"})
        return value

    def failed(self, name: str, reason: str, detail: str) -> None:
        """Record a source that could not be read; one that does not exist is absent, not failed."""
        status = "absent" if reason == ABSENT else "failed"
        self.entries.append({"Name": name, "Status": status, "Reason": reason, "Detail": detail})
