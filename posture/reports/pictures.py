"""The charts of a report, in print."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from posture.reports import charts
from posture.reports.charts.glyphs import draw_glyph
from posture.reports.charts.svg import Pen
from posture.reports.charts.theme import FAIL, INK, MANUAL, NOT_APPLICABLE, PASS, Theme, outline
from posture.reports.content import STATUSES, Content
from posture.reports.figures import Numerals
from posture.reports.text import printable

# Beside a word on paper a glyph has no filled ground, so it carries the colour itself.
LOOSE = Theme(
    "loose",
    {
        "glyph-fail": outline(FAIL, "1.8"),
        "glyph-pass": outline(PASS, "1.8"),
        "glyph-manual": outline(MANUAL, "1.2"),
        "glyph-manual-half": {"fill": MANUAL},
        "glyph-unknown": outline(INK, "1.4"),
        "glyph-unknown-dot": {"fill": INK},
        "glyph-not_applicable": outline(NOT_APPLICABLE, "1.6"),
    },
)

Picture = dict[str, str]
WIDTH = 600  # units over the 170 mm between the margins: words of 11 units come out as 9 points


def draw_glyphs() -> dict[str, str]:
    """Each status glyph as a picture of its own, by status."""
    pen = Pen(theme=LOOSE, ident="g")
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" width="10" height="10">'
    return {status: f"{head}{draw_glyph(pen, status, 5, 5)}</svg>" for status in STATUSES}


def words_of(content: Content) -> charts.Words:
    words = charts.words_in(content.frame.language, zone=ZoneInfo(content.frame.zone))
    numerals = Numerals(language=content.frame.language, zone=content.frame.zone)
    # The report's own numbers: rounded down, so that the picture says what the cover says.
    return replace(words, score_number=numerals.score, percent=numerals.percent)


def draw_trend(content: Content, words: dict[str, str], numerals: Numerals) -> Picture:
    """The score over time, with the same in one sentence."""
    trend = content.trend
    scores = [point.score for point in trend.points if point.score is not None]
    told = words["trend_alt"].format(
        name=printable(content.subject.name),
        first=numerals.day(trend.from_at),
        last=numerals.day(trend.to_at),
        start=numerals.score(scores[0] if scores else None),
        end=numerals.score(scores[-1] if scores else None),
        coverage=numerals.percent(content.figures.coverage),
    )
    picture = charts.Trend(
        trend.from_at.astimezone(numerals.zone),
        trend.to_at,
        tuple(charts.TrendPoint(point.at, point.score, point.coverage) for point in trend.points),
        tuple(charts.Gap(one.from_at, one.to_at, one.planned, one.dropped) for one in trend.silences),
    )
    svg = charts.draw_trend(
        picture,
        words=words_of(content),
        title=words["trend"],
        description=told,
        ident="trend",
        theme=charts.PRINT,
        width=WIDTH,
    )
    return {"svg": svg, "alt": told}


def draw_sections(content: Content, words: dict[str, str]) -> Picture:
    """Controls by status, one bar a section."""
    rows = tuple(
        charts.Share(printable(f"{line.number} {line.title}"), {name: line.counts.get(name, 0) for name in STATUSES})
        for line in content.sections
    )
    svg = charts.draw_shares(
        charts.Shares(rows),
        words=words_of(content),
        title=words["by_section"],
        description=words["sections_alt"],
        ident="sections",
        theme=charts.PRINT,
        width=WIDTH,
        label_width=200,
    )
    return {"svg": svg, "alt": words["sections_alt"]}


def draw_hosts(content: Content, words: dict[str, str]) -> Picture:
    """The hosts of a group by score."""
    svg = charts.draw_histogram(
        charts.Histogram.of([host.score for host in content.hosts if host.score is not None]),
        words=words_of(content),
        title=words["hosts"],
        description=words["hosts_alt"],
        ident="hosts",
        theme=charts.PRINT,
        width=WIDTH,
        height=150,
    )
    return {"svg": svg, "alt": words["hosts_alt"]}
