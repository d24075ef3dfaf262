"""What the Center for Internet Security published, by hand: published.csv, one line for each matter.

A cell is the control's number in that edition, its level, and A (automated) or M (manual); an empty one says that the
edition does not have it. Where levels and assessments come from is told in the editions' files.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ASSESSMENTS = {"A": "automated", "M": "manual"}


@dataclass(frozen=True, slots=True)
class Published:
    number: str
    level: str
    assessment: str


def read_published() -> list[Mapping[str, Published]]:
    """For each matter, its control in every edition that has it."""
    with Path(__file__).with_name("published.csv").open(encoding="utf-8", newline="") as file:
        return [{edition: _cell(cell) for edition, cell in line.items() if cell} for line in csv.DictReader(file)]


def _cell(text: str) -> Published:
    number, level, assessment = text.split()
    return Published(number, level, _ASSESSMENTS[assessment])
