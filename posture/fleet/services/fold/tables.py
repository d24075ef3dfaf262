"""The tables of the intervals, as the fold reads and writes them: plain SQL, COPY for what is new."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Generic

import msgspec
from django.db.backends.utils import CursorWrapper

from posture.fleet.services.fold.state import Ledger, N, Track

ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


@dataclass(frozen=True, slots=True)
class Table(Generic[N]):
    """One kind of interval. ``columns`` are those of ``Interval.values``, in that order."""

    name: str
    columns: tuple[str, ...]
    subject: tuple[str, ...]  # columns that name what it is about
    has_since: bool
    track: Callable[[Ledger], Track[N]]

    @property
    def open_columns(self) -> tuple[str, ...]:
        """The columns of an open row but for its id."""
        since = ("since_at",) if self.has_since else ()
        return ("host_id", "ruleset_id", *self.subject, *self.columns, "from_at", *since)


FINDINGS: Table[tuple[str, str]] = Table(
    "finding", ("status", "reason", "evidence"), ("resource_id", "check_key"), True, lambda ledger: ledger.findings
)
STATES: Table[str] = Table(
    "checkstate",
    ("status", "reason", "passed", "failed", "unknown", "not_applicable"),
    ("check_key",),
    False,
    lambda ledger: ledger.states,
)
SCORES: Table[str] = Table(
    "score",
    (
        "numerator",
        "denominator",
        "weight",
        "score",
        "coverage",
        "open_criticals",
        "failed",
        "unknown",
        "manual",
        "passed",
        "not_applicable",
    ),
    ("edition",),
    False,
    lambda ledger: ledger.scores,
)


def cell(value: object) -> str:
    """A value in COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, list):
        return msgspec.json.encode(value).decode().translate(ESCAPES)
    return str(value).translate(ESCAPES)


def copy_rows(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Append rows; how many there were."""
    lines = ["\t".join(map(cell, row)) for row in rows]
    if lines:
        text = StringIO("\n".join(lines) + "\n")
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", text)
    return len(lines)
