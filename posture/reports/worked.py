"""The worked example: one board audited in 2016, before and after hardening, judged again today.

``posture/examples/odroid-xu3-2016``: README.md says where each value comes from.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
import yaml

from posture.evaluation import catalogue
from posture.evaluation.assessed import Assessed, AssessedControl, assess
from posture.evaluation.verdict import Status
from posture.facts.wire.snapshot import Snapshot
from posture.reports.listing.bench import tag

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "odroid-xu3-2016"
EDITION = "cis-docker-1.11.0"
MOMENTS = ("before", "after")
OPEN = (Status.FAIL, Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Difference:
    """Why today's word differs from the one printed in 2016. ``kind``: mistaken (it said what was not so), vacuous
    (it could not say anything else), unscored (it printed, and judged nothing)."""

    kind: str
    reason: Mapping[str, str]  # by language


@dataclass(frozen=True, slots=True)
class Side:
    """One control at one of the two moments. ``printed`` is empty where the script of 2016 printed nothing."""

    control: AssessedControl
    printed: str
    difference: Difference | None

    @property
    def tag(self) -> str:
        return tag(self.control)


@dataclass(frozen=True, slots=True)
class WorkedRow:
    """One control before and after."""

    number: str
    before: Side
    after: Side

    @property
    def moved(self) -> str:
        """ "better", "worse", "other" or "", by today's verdicts. What begins to apply was not fixed."""
        was, became = self.before.control.status, self.after.control.status
        if was is became:
            return ""
        if became is Status.PASS and was in OPEN:
            return "better"
        return "worse" if was is Status.PASS and became in OPEN else "other"

    @property
    def differs(self) -> bool:
        """Whether today's word is another one than that of 2016, on either day."""
        return self.before.difference is not None or self.after.difference is not None


@dataclass(frozen=True, slots=True)
class WorkedExample:
    before: Assessed
    after: Assessed
    rows: tuple[WorkedRow, ...]


@cache
def worked_example() -> WorkedExample:
    """Both snapshots judged by the edition of their day."""
    before, after = (assess(read_example(name), catalogue.load(), edition=EDITION) for name in MOMENTS)
    printed, differences = read_printed(), read_differences()
    later = {control.control.number: control for control in after.controls()}
    rows = []
    for control in before.controls():
        number = control.control.number
        sides = (
            Side(judged, printed.get(number, {}).get(moment, ""), differences.get((number, moment)))
            for moment, judged in zip(MOMENTS, (control, later[number]), strict=True)
        )
        rows.append(WorkedRow(number, *sides))
    return WorkedExample(before, after, tuple(rows))


def read_example(name: str) -> Snapshot:
    """The snapshot of that moment."""
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Snapshot)


def read_printed() -> dict[str, Mapping[str, str]]:
    """By number, what was printed before and after."""
    with (FOLDER / "printed.csv").open(encoding="utf-8", newline="") as file:
        return {row["number"]: row for row in csv.DictReader(file)}


def read_differences() -> dict[tuple[str, str], Difference]:
    """By number and moment, why today's word differs."""
    entries = yaml.safe_load((FOLDER / "differences.yaml").read_text(encoding="utf-8"))
    return {
        (number, moment): Difference(entry["kind"], {"en": entry["en"], "fr": entry["fr"]})
        for entry in entries
        for number in entry["controls"]
        for moment in entry["when"]
    }
