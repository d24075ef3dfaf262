"""Charts of the pages: queries' rows in, SVG out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from posture.dashboard.numbers import write_day, write_percent, write_score
from posture.fleet.queries.changes import ChangeSet
from posture.fleet.queries.trend import Point, Silence
from posture.reports.charts import Flag, Gap, Share, Shares, Trend, TrendPoint, Words, draw_shares, draw_trend, words_in

FLAGS = 6  # on one chart; more would hide the line


def words_now() -> Words:
    """The charts' words in the viewer's language."""
    words = words_in((get_language() or "en").split("-")[0], zone=UTC)
    # A chart and the tile above it must not round one number in two ways.
    return replace(words, score_number=write_score, percent=write_percent)


def picture_trend(
    *,
    points: Sequence[Point],
    from_at: datetime,
    to_at: datetime,
    gaps: Sequence[Silence] = (),
    flags: Sequence[tuple[datetime, str]] = (),
    width: int = 760,
    height: int = 288,
    ident: str = "trend",
) -> SafeString:
    """The score trend with coverage, gaps and numbered flags."""
    trend = Trend(
        from_at=from_at,
        to_at=to_at,
        points=tuple(TrendPoint(point.at, point.score, point.coverage) for point in thin_points(points)),
        gaps=tuple(Gap(gap.from_at, gap.to_at, gap.planned, gap.dropped) for gap in gaps),
        flags=tuple(Flag(at, number, label) for number, (at, label) in enumerate(flags, 1)),
    )
    svg = draw_trend(
        trend,
        words=words_now(),
        title=_("Posture score"),
        description=describe(points, from_at, to_at),
        ident=ident,
        width=width,
        height=height,
    )
    return mark_safe(svg)  # noqa: S308 - the charts escape every text


def describe(points: Sequence[Point], from_at: datetime, to_at: datetime) -> str:
    """The trend in one sentence, for those who hear the page."""
    scored = [point for point in points if point.score is not None]
    if not scored:
        return _("No score between %(from)s and %(to)s.") % {"from": write_day(from_at), "to": write_day(to_at)}
    return _("From %(first)s on %(from)s to %(last)s on %(to)s, coverage %(coverage)s.") % {
        "first": write_score(scored[0].score),
        "from": write_day(max(scored[0].at, from_at)),
        "last": write_score(scored[-1].score),
        "to": write_day(to_at),
        "coverage": write_percent(scored[-1].coverage),
    }


def picture_sections(rows: Sequence[tuple[str, Mapping[str, int]]], *, width: int = 480) -> SafeString:
    """Controls by status, one bar a section."""
    shares = Shares(tuple(Share(label, counts) for label, counts in rows))
    svg = draw_shares(
        shares,
        words=words_now(),
        title=_("Controls by section"),
        description=_("The table below holds the same numbers."),
        ident="sections",
        width=width,
        label_width=176,
    )
    return mark_safe(svg)  # noqa: S308 - the charts escape every text


def thin_points(points: Sequence[Point]) -> list[Point]:
    """Only the points at which something changed, for the table below a chart."""
    found: list[Point] = []
    for point in points:
        same = found and (found[-1].score, found[-1].coverage) == (point.score, point.coverage)
        if not same:
            found.append(point)
    return found


def flag_changes(sets: Sequence[ChangeSet], *, least: float = 0.5) -> list[tuple[ChangeSet, float]]:
    """The change sets that moved the score most, in order of time, at most ``FLAGS``."""
    moved = [
        (found, found.after - found.before)
        for found in sets
        if found.before is not None and found.after is not None and abs(found.after - found.before) >= least
    ]
    largest = sorted(moved, key=lambda pair: abs(pair[1]), reverse=True)[:FLAGS]
    return sorted(largest, key=lambda pair: pair[0].at)
