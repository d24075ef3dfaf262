"""A score as people read it: the number, its coverage, and one of four words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import F, FloatField, IntegerField, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, JSONObject

from posture.fleet.models import ClosedScore, Host, OpenScore
from posture.fleet.queries.interval import begun, covering

COLUMNS = ("score", "coverage", "open_criticals", "failed", "unknown", "manual", "passed", "not_applicable")


class Word(StrEnum):
    """Words for a score; an open critical never lets one be better than weak."""

    GOOD = "good"
    FAIR = "fair"
    WEAK = "weak"
    EXPOSED = "exposed"
    NONE = "none"


def word_of(*, score: float | None, open_criticals: int) -> Word:
    """The word for a score (0-100, None: nothing judged)."""
    if score is None:
        return Word.NONE
    if score < 50:
        return Word.EXPOSED
    if score < 75 or open_criticals:
        return Word.WEAK
    return Word.FAIR if score < 90 else Word.GOOD


@dataclass(frozen=True, slots=True)
class Standing:
    """A score (0-100), its coverage (0-1), open criticals and the number of controls by status."""

    score: float | None
    coverage: float
    open_criticals: int
    failed: int = 0
    unknown: int = 0
    manual: int = 0
    passed: int = 0
    not_applicable: int = 0

    @property
    def word(self) -> Word:
        return word_of(score=self.score, open_criticals=self.open_criticals)


def standing_of(row: Mapping[str, Any] | None) -> Standing | None:
    """The standing in a row of ``standing_column``; None for a host that was never judged."""
    return None if row is None else Standing(**{name: row[name] for name in COLUMNS})


def standing_column(*, at: datetime | None) -> Combinable:
    """A column of hosts: the score row of their group's primary edition at a moment, as JSON (``COLUMNS``)."""
    return _column(JSONObject(**{name: name for name in COLUMNS}), JSONField(), at)


def score_column(*, at: datetime | None) -> Combinable:
    """A column of hosts: the score alone, to sort and average by."""
    return _column("score", FloatField(null=True), at)


def criticals_column(*, at: datetime | None) -> Combinable:
    """A column of hosts: the number of open criticals, to sort and add by."""
    return _column("open_criticals", IntegerField(null=True), at)


def _column(value: Any, field: Any, at: datetime | None) -> Combinable:
    of_host = {"host": OuterRef("pk"), "edition": OuterRef("group__primary_edition")}
    rows: QuerySet[OpenScore, Any] = OpenScore.objects.filter(begun(at=at), **of_host).values(value_=_expression(value))
    current = Subquery(rows[:1], output_field=field)
    if at is None:
        return current
    past: QuerySet[ClosedScore, Any] = ClosedScore.objects.filter(covering(at=at), **of_host).values(
        value_=_expression(value)
    )
    return Coalesce(Subquery(past[:1], output_field=field), current, output_field=field)


def _expression(value: Any) -> Any:
    return F(value) if isinstance(value, str) else value


def judged_hosts(*, hosts: QuerySet[Host], at: datetime | None) -> QuerySet[Host]:
    """The hosts with their ``standing`` (JSON) and ``score`` at a moment."""
    return hosts.annotate(standing=standing_column(at=at), score=score_column(at=at))
