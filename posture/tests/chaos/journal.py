"""What an agent wrote down for itself: each collection, and what became of it. A line is whole or it is not there."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection as its agent made it. ``true_at``: seconds since the epoch by a clock that nobody disturbed."""

    sequence: int
    step: int
    digest: str
    boot: str
    observed_at: str
    true_at: float


class Journal:
    """Lines of JSON, each in one write, so that a kill leaves whole lines."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, kind: str, **values: Any) -> None:
        """Add a line; it is with the kernel when this returns, which a kill of the process does not undo."""
        line = json.dumps({"kind": kind, **values}).encode() + b"\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line so far."""
        if self.path.exists():
            with self.path.open(encoding="utf-8") as file:
                for line in file:
                    yield json.loads(line)

    def collections(self) -> dict[int, Collection]:
        """Every collection by its number."""
        found = {}
        for line in self.lines():
            if line.pop("kind") == "collected":
                found[line["sequence"]] = Collection(**line)
        return found

    def kept(self) -> dict[int, float]:
        """Since when collections were acknowledged or on the agent's disk, by number."""
        return {line["sequence"]: line["at"] for line in self.lines() if line["kind"] == "kept"}

    def damaged(self) -> set[int]:
        """Numbers in files that the test damaged."""
        return {number for line in self.lines() if line["kind"] == "damaged" for number in line["numbers"]}

    def last_step(self) -> int:
        """The step of the newest collection; 0 before the first."""
        return max((one.step for one in self.collections().values()), default=0)
