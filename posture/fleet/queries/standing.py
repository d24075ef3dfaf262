"""A score as people read it: the number, its coverage, and one of four words."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
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


def standing_column(*, at: datetime | None, edition: str | None) -> Combinable:
    """A column of hosts: their score row in an edition (None: in their group's) at a moment, as JSON (``COLUMNS``)."""
    return _column(JSONObject(**{name: name for name in COLUMNS}), JSONField(), at, edition)


def score_column(*, at: datetime | None, edition: str | None) -> Combinable:
    """A column of hosts: the score alone, to sort and average by."""
    return _column("score", FloatField(null=True), at, edition)


def criticals_column(*, at: datetime | None, edition: str | None) -> Combinable:
    """A column of hosts: the number of open criticals, to sort and add by."""
    return _column("open_criticals", IntegerField(null=True), at, edition)


def judged_column(*, at: datetime | None) -> Combinable:
    """A column of hosts: whether any edition judged them at a moment."""
    current = Exists(OpenScore.objects.filter(begun(at=at), host=OuterRef("pk")))
    if at is None:
        return current
    past = Exists(ClosedScore.objects.filter(covering(at=at), host=OuterRef("pk")))
    return Case(When(Q(current) | Q(past), then=Value(value=True)), default=Value(value=False))


def edition_standings(*, host: uuid.UUID, at: datetime | None) -> dict[str, Standing]:
    """Where one host stands in every edition that judges it at a moment, by edition."""
    rows = list(OpenScore.objects.filter(begun(at=at), host=host).values("edition", *COLUMNS))
    if at is not None:
        rows += ClosedScore.objects.filter(covering(at=at), host=host).values("edition", *COLUMNS)
    return {row.pop("edition"): Standing(**row) for row in rows}


def _column(value: Any, field: Any, at: datetime | None, edition: str | None) -> Combinable:
    of_host = {"host": OuterRef("pk"), "edition": edition or OuterRef("group__primary_edition")}
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


def judged_hosts(*, hosts: QuerySet[Host], at: datetime | None, edition: str | None) -> QuerySet[Host]:
    """The hosts with their ``standing`` (JSON) and ``score`` in an edition at a moment, ``judged`` by any or not."""
    return hosts.annotate(
        standing=standing_column(at=at, edition=edition),
        score=score_column(at=at, edition=edition),
        judged=judged_column(at=at),
    )
