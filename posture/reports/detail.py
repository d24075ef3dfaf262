"""One control as the template prints it: at a glance, and in detail."""

from collections.abc import Mapping
from typing import Any

from posture.reports.content import OPEN, Control, FixStep
from posture.reports.controls import NOT_CHOSEN
from posture.reports.figures import Numerals
from posture.reports.repeats import Repeats
from posture.reports.rows import BESIDE, Rows
from posture.reports.text import printable

INLINE_ROWS = 25  # of evidence for one control in the main part; the rest goes to the appendix

Data = dict[str, Any]


class Detail:
    """Puts the controls of one report into words, in their order: a later one names what an earlier one said."""

    def __init__(self, *, words: Mapping[str, str], numerals: Numerals, rows: Rows, is_group: bool) -> None:
        self.words, self.numerals, self.rows, self.is_group = words, numerals, rows, is_group
        self.repeats = Repeats(lambda count, number: words["lines_as_under"].format(count=count, number=number))

    def glance(self, control: Control) -> Data:
        return {
            "number": control.number,
            "title": printable(control.title),
            "severity": control.severity,
            "status": control.status,
            "short": self.short(control),
        }

    def short(self, control: Control) -> str:
        """ "12 / 14": resources that pass, of those that were looked at."""
        total = control.passed + control.failed + control.unknown
        return f"{self.numerals.count(control.passed)} / {self.numerals.count(total)}" if total else "–"

    def result(self, control: Control) -> str:
        """What was found, in words."""
        total = control.passed + control.failed + control.unknown
        if control.reason == NOT_CHOSEN:
            return self.rows.reason(control.reason)
        if not total:
            return self.words["no_resource"] if self.is_void(control) else ""
        several = "passed_of" if control.passed > 1 else "passed_of_none_or_one"
        phrase = self.words["passed_of_one" if total == 1 else several]
        parts = [phrase.format(passed=self.numerals.count(control.passed), total=self.numerals.count(total))]
        if self.is_group:
            parts += [
                f"{self.words[f'status.{status}']}{self.words['colon']}{self.hosts_counted(count)}"
                for status, count in control.hosts.items()
                if count
            ]
        return " · ".join(parts)

    def is_void(self, control: Control) -> bool:
        """Whether it does not apply for want of any resource."""
        return control.status == "not_applicable" and not control.observations

    def hosts_counted(self, count: int) -> str:
        key = "hosts_status_one" if count == 1 else "hosts_status"
        return self.words[key].format(count=self.numerals.count(count))

    def print(self, control: Control) -> Data:
        rows = self.rows.share(control.evidence)
        rest = len(rows) - INLINE_ROWS
        seen = control.observations[:BESIDE] if rows else control.observations
        unlisted = control.unlisted + sum(row.resources for row in control.observations[len(seen) :])
        notes = [(rest, "more_rows"), (unlisted, "more_unlisted")]
        return {
            **self.glance(control),
            "reason": "" if control.status == "not_applicable" else self.rows.reason(control.reason),
            "result": self.result(control),
            "why": printable(control.why, longest=1200) if control.status in OPEN else "",
            "asks": self.asks(control),
            "evidence": [self.rows.print(row) for row in rows[:INLINE_ROWS]],
            "seen": [self.rows.observe(row) for row in seen],
            "more": " ".join(
                self.words[key].format(count=self.numerals.count(count)) for count, key in notes if count > 0
            ),
            "fix": self.remedy(control),
        }

    def asks(self, control: Control) -> list[str]:
        """Label and words of what is waited for; nothing where nothing is."""
        if control.asks is None:
            return []
        key, words = control.asks
        if key == "asks_access":
            return [self.words["remediation"], self.words[key]]
        return [self.words[key], printable(words)]

    def remedy(self, control: Control) -> Data | None:
        fix = control.remediation
        if fix is None:
            return None
        example = f"{self.words['example_for']}{self.words['colon']}{printable(fix.example)}" if fix.example else ""
        return {
            "effect": self.words[f"effect.{fix.effect}"],
            "breaks": printable(fix.breaks, longest=600),
            "example": example,
            "steps": [self.step(step, control.number) for step in fix.steps],
        }

    def step(self, step: FixStep, number: str) -> Data:
        earlier = self.repeats.earlier(step.note, number=number) if step.note else ""
        note = self.words["note_as_under"].format(number=earlier) if earlier else step.note
        return {
            "via": step.via,
            "text": printable(self.repeats.shorten(step.text, number=number), longest=3000),
            "then": printable(step.then, longest=1200),
            "note": printable(note, longest=1200),
        }
