"""What a chart says: words and ways to print numbers and days in one language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from posture.reports.charts.timeline import Gap


@dataclass(frozen=True, slots=True)
class Words:
    """Callers may bring their own; ``words_in`` makes them for English and French."""

    score: str
    coverage: str
    no_data: Callable[[Gap], str]  # "no data 3–5 March", "offline as planned 3–5 March"
    day: Callable[[datetime], str]  # an axis label: "3 Mar"
    clock: Callable[[datetime], str]  # an axis label within a day: "14:05"
    moment: Callable[[datetime], str]  # exact, for hovering: "3 March 2026 14:05"
    score_number: Callable[[float], str]  # "78.4"
    percent: Callable[[float], str]  # 0-1 → "92 %"
    count: Callable[[int], str]
    bands: tuple[str, str, str, str]  # from 90, from 75, from 50, below
    statuses: Mapping[str, str]

    def place(self, at: datetime) -> str:
        """The label of a place on the axis: a midnight is named by its day."""
        return self.clock(at) if at.hour or at.minute else self.day(at)


STATUSES = {
    "en": {
        "pass": "Pass",
        "fail": "Fail",
        "manual": "Manual review",
        "unknown": "Unknown",
        "not_applicable": "Not applicable",
    },
    "fr": {
        "pass": "Conforme",
        "fail": "Non conforme",
        "manual": "À vérifier",
        "unknown": "Indéterminé",
        "not_applicable": "Sans objet",
    },
}
BANDS = {"en": ("Good", "Fair", "Weak", "Exposed"), "fr": ("Bon", "Correct", "Fragile", "Exposé")}
SCORE = {"en": "Posture score", "fr": "Score de posture"}
COVERAGE = {"en": "Coverage", "fr": "Couverture"}
NO_DATA = {"en": "no data", "fr": "aucune donnée"}
DROPPED = {"en": "changed, not kept", "fr": "modifié, non conservé"}
PLANNED = {"en": "offline as planned", "fr": "hors ligne prévu"}


def day_range(first: datetime, last: datetime, language: str) -> str:
    """ "3 March", "3–5 March", "30 Mar – 2 Apr", in the order of the language."""
    if first.date() == last.date():
        return format_date(first, "d MMMM", locale=language)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{format_date(last, 'd MMMM', locale=language)}"
    return f"{format_date(first, 'd MMM', locale=language)} – {format_date(last, 'd MMM', locale=language)}"


def words_in(language: str, *, zone: tzinfo) -> Words:
    """The words of ``en`` or ``fr`` (any other language reads English); moments are shown in ``zone``."""
    tongue = language if language in STATUSES else "en"
    unit = "\u202f%" if tongue == "fr" else "%"

    def no_data(gap: Gap) -> str:
        end = max(gap.from_at, gap.to_at - timedelta(seconds=1))
        said = DROPPED if gap.dropped else PLANNED if gap.planned else NO_DATA
        return f"{said[tongue]} {day_range(gap.from_at.astimezone(zone), end.astimezone(zone), tongue)}"

    return Words(
        score=SCORE[tongue],
        coverage=COVERAGE[tongue],
        no_data=no_data,
        day=lambda at: format_date(at.astimezone(zone), "d MMM", locale=tongue),
        clock=lambda at: f"{at.astimezone(zone):%H:%M}",
        moment=lambda at: format_datetime(at.astimezone(zone), "d MMMM yyyy HH:mm", locale=tongue),
        score_number=lambda value: format_decimal(value, "0.0", locale=tongue),
        percent=lambda value: format_decimal(value * 100, "0", locale=tongue) + unit,
        count=lambda value: format_decimal(value, "#,##0", locale=tongue),
        bands=BANDS[tongue],
        statuses=STATUSES[tongue],
    )
