"""The worked example: a board of 2016 before and after hardening, with the difference between the two days."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import say
from posture.evaluation.verdict import Evidence
from posture.reports.worked import MOMENTS, Side, WorkedRow, worked_example

VIEWS = ("all", "moved", "differs")


@dataclass(frozen=True, slots=True)
class DayWords:
    """One control on one of the two days."""

    status: str
    printed: str
    evidence: tuple[Evidence, ...]
    difference: str  # why today's word differs from the printed one; "" where it does not


@dataclass(frozen=True, slots=True)
class LineWords:
    """One control in the viewer's language."""

    number: str
    title: str
    rule: str
    moved: str
    before: DayWords
    after: DayWords

    @property
    def differences(self) -> tuple[str, ...]:
        """The reasons of both days, each once."""
        return tuple(dict.fromkeys(day.difference for day in (self.before, self.after) if day.difference))


@require_GET
@page()
def worked(request: HttpRequest, asked: Asked) -> HttpResponse:
    """``show``: every control, those that moved, or those where 2016 said something else."""
    example = worked_example()
    show = asked.choice("show", VIEWS, "all")
    kept = {
        "all": example.rows,
        "moved": tuple(row for row in example.rows if row.moved),
        "differs": tuple(row for row in example.rows if row.differs),
    }
    context = {
        "section": "settings",
        "days": [
            {"name": name, "at": day.at, "score": day.score, "coverage": float(day.score.coverage)}
            for name, day in zip(MOMENTS, (example.before, example.after), strict=True)
        ],
        "rows": [line_words(row) for row in kept[show]],
        "show": show,
        "counts": [(name, len(rows)) for name, rows in kept.items()],
        "better": sum(row.moved == "better" for row in example.rows),
    }
    return render(request, "worked.html", context)


def line_words(row: WorkedRow) -> LineWords:
    """A row as the page shows it."""
    rule = row.before.control.rule
    return LineWords(row.number, say(rule.title), rule.id, row.moved, day_words(row.before), day_words(row.after))


def day_words(side: Side) -> DayWords:
    """One side of a row; the evidence of its first resource that does not pass."""
    concerns = side.control.concerns
    return DayWords(
        status=side.control.status.value,
        printed=side.printed,
        evidence=concerns[0].evidence if concerns else (),
        difference=say(side.difference.reason) if side.difference else "",
    )
