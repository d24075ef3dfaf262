"""What one process leaves for the next: pauses, the day's bytes, the server's wishes, what went wrong.

A file of fixed size, overwritten in place. Damaged or missing it is begun anew: nothing in it is worth stopping for.
"""

from __future__ import annotations

from .fitting import usable
from .storage import json_bytes, overwrite, read_sealed, sealed
from .words import kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SIZE = 4096  # bytes of the file
KEPT = 5  # troubles
DETAIL = 400  # bytes of JSON


class Journal:
    """The attributes are the file's content; ``save`` makes them durable."""

    def __init__(self, path: str, installation: str) -> None:
        self.path = path
        self.installation = installation
        try:
            found = read_sealed(path) or {}
        except (OSError, ValueError):
            found = {}
        if found.get("installation") != installation:  # of the enrolment before
            found = {}
        self.settled: int | None = found.get("settled")  # up to here every collection is delivered or in the spool
        self.interval: int | None = found.get("interval")  # seconds, as the server last wished
        self.limits: dict[str, int] = usable(found.get("limits"))  # bytes of a snapshot that the server takes
        self.daily_bytes: int | None = found.get("daily_bytes")
        self.day: str = found.get("day", "")  # UTC day of the counts
        self.bytes: int = found.get("bytes", 0)  # sent on that day
        self.carried: int = found.get("carried", 0)  # of these, snapshots and passages
        self.boot: str = found.get("boot", "")  # of ``not_before``
        self.not_before: float = found.get("not_before", 0.0)  # boot clock before which the server is left alone
        self.failures: int = found.get("failures", 0)  # in a row
        self.stuck: dict[str, Any] | None = found.get("stuck")  # first, since, tries of an entry that fails alone
        self.spared: str = found.get("spared", "")  # UTC day on which the server takes no troubles: it is an older one
        self.troubles: list[dict[str, Any]] = found.get("troubles", [])  # as ``trouble`` makes them; the newest last

    def trouble(self, at: str, boot: str, clock: float, kind: str, detail: str) -> None:
        """Remember something that went wrong in the agent itself; of each kind the last time.

        ``at``: the moment as it is believed; ``boot`` and ``clock`` tell it where that is wrong.
        """
        others = [one for one in self.troubles if one["Kind"] != kind]
        this = {"At": at, "Boot": boot, "Clock": clock, "Kind": kind, "Detail": fitting(detail)}
        self.troubles = [*others[1 - KEPT :], this]

    def save(self) -> None:
        """Write it down; a disk that takes no writing is no reason to stop."""
        content = {name: value for name, value in self.__dict__.items() if name != "path"}
        data = sealed(content)
        while len(data) >= SIZE and content["troubles"]:  # their words may be of any script
            content["troubles"] = content["troubles"][1:]
            data = sealed(content)
        try:
            overwrite(self.path, data[: SIZE - 1].ljust(SIZE - 1) + b"\n")
        except OSError:
            pass  # the next process knows less


def fitting(detail: str) -> Any:
    """What was said, to be told in any language; where that is too long, its first words."""
    found = kept(detail)
    if len(json_bytes(found)) <= DETAIL:
        return found
    short = detail[:DETAIL]
    while len(json_bytes(short)) > DETAIL:
        short = short.rpartition(" ")[0] or short[: len(short) * 3 // 4]
    return short if short == detail else short + "…"
