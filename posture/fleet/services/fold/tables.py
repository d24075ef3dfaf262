"""The tables of the intervals, as the fold reads and writes them: plain SQL, COPY for what is new."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Generic

from django.db.backends.utils import CursorWrapper

from posture.fleet.services.fold.state import Ledger, N, Track

SPECIAL = re.compile(r"[\\\n\r\t]")
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


class Cells(dict[object, str]):
    """Values in COPY's text format. Most of them come again row after row, and are made once."""

    def __missing__(self, value: object) -> str:
        text = cell(value)
        # 50 and 50.0 are one key: only the text that is right for both kinds of column is kept.
        if not isinstance(value, float):
            self[value] = text
        return text


def cell(value: object) -> str:
    """A value in COPY's text format."""
    if isinstance(value, str):
        return value.translate(ESCAPES) if SPECIAL.search(value) else value
    if value is None:
        return "\\N"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def copy_rows(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Append rows; how many there were."""
    cells = Cells()
    lines = ["\t".join([cells[value] for value in row]) for row in rows]
    if lines:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", StringIO("\n".join((*lines, ""))))
    return len(lines)
