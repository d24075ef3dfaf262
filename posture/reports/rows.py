"""Rows of evidence as the template prints them."""

from collections.abc import Mapping, Sequence
from typing import Any

from posture.reports.content import EvidenceRow
from posture.reports.figures import Numerals
from posture.reports.text import printable

NAMES = 12  # of resources of one host in a row; a group's report names fewer, the host's own report has them all
NAMES_IN_GROUP = 4
HOSTS = 12  # that share one row

Data = dict[str, Any]
Row = list[EvidenceRow]  # those that say the same of different hosts


class Rows:
    """Puts evidence that says the same together, and into words."""

    def __init__(self, *, words: Mapping[str, str], numerals: Numerals, is_group: bool) -> None:
        self.words, self.numerals, self.is_group = words, numerals, is_group

    def reason(self, name: str) -> str:
        return self.words.get(f"reason.{name}", "") if name else ""

    def share(self, evidence: Sequence[EvidenceRow]) -> list[Row]:
        """The evidence with hosts that say the same put together."""
        most = HOSTS if self.is_group else 1
        same: dict[tuple[object, ...], list[Row]] = {}
        for row in evidence:
            rows = same.setdefault((row.kind, row.status, row.reason, row.facts), [])
            if not rows or len(rows[-1]) == most:
                rows.append([])
            rows[-1].append(row)
        return [row for rows in same.values() for row in rows]

    def print(self, rows: Row) -> Data:
        """One line of a table: what is the same, and where."""
        return {
            "resources": "; ".join(self.place(row) for row in rows),
            "status": rows[0].status,
            "reason": self.reason(rows[0].reason),
            "facts": [[printable(text) for text in fact] for fact in rows[0].facts],
            "since": self.numerals.day(min(row.since for row in rows)),
        }

    def place(self, row: EvidenceRow) -> str:
        """The resources of one host, with its name where the report has several."""
        most = NAMES_IN_GROUP if self.is_group else NAMES
        names = ", ".join(printable(name, longest=120) for name in row.resources[:most])
        if len(row.resources) > most:
            more = self.words["more_names"].format(count=self.numerals.count(len(row.resources) - most))
            names = f"{names} {more}"
        if not self.is_group:
            return names
        host = printable(row.host)
        return host if row.kind in ("daemon", "host", "swarm") else f"{host}{self.words['colon']}{names}"
