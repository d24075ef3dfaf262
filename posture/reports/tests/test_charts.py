"""Charts: nothing is interpolated, everything is escaped, and pages get classes only."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from posture.reports.charts import (
    PRINT,
    SCREEN,
    Flag,
    Gap,
    Histogram,
    Row,
    Share,
    Shares,
    Span,
    Sparkline,
    Strips,
    Theme,
    Trend,
    TrendPoint,
    draw_histogram,
    draw_shares,
    draw_sparkline,
    draw_strips,
    draw_trend,
    words_in,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=10)
WORDS = words_in("en", zone=UTC)
HOSTILE = '<script>alert("1")</script>&\x1b[31m\u202e'


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def line_of(svg: str) -> str:
    """The path of the score's line."""
    found = re.search(r'<path class="chart-line"[^>]* d="([^"]*)"', svg)
    assert found is not None
    return found.group(1)


def draw(theme: Theme, language: str = "en") -> str:
    trend = Trend(
        START,
        END,
        (TrendPoint(day(-5), 40.0, 0.5), TrendPoint(day(4), 60.0, 1.0)),
        (Gap(day(2), day(5)),),
        (Flag(day(6), 1, HOSTILE),),
    )
    return draw_trend(trend, words=words_in(language, zone=UTC), title=HOSTILE, description="d", ident="t", theme=theme)


def everything(theme: Theme) -> list[str]:
    spans = tuple(
        Span(day(place), day(place + 2), status)
        for place, status in enumerate(["pass", "fail", "manual", "unknown", "not_applicable"])
    )
    strips = Strips(START, END, (Row(HOSTILE, spans),), (Gap(day(1), day(2)),))
    shares = Shares((Share(HOSTILE, {"pass": 3, "fail": 2, "unknown": 1}), Share("empty", {})))
    spark = Sparkline(START, END, ((day(0), 10.0), (day(3), None), (day(4), 90.0)))
    return [
        draw(theme),
        draw_strips(strips, words=WORDS, title=HOSTILE, description=HOSTILE, ident="s", theme=theme),
        draw_shares(shares, words=WORDS, title=HOSTILE, description=HOSTILE, ident="b", theme=theme),
        draw_histogram(
            Histogram.of([0, 9.9, 10, 100]), words=WORDS, title="h", description="d", ident="h", theme=theme
        ),
        draw_sparkline(spark, title=HOSTILE, ident="k", theme=theme),
    ]


def test_a_long_section_keeps_its_words_and_its_sums_stay_inside() -> None:
    label = "4 Les images et leur construction"
    shares = Shares((Share(label, {"pass": 12345, "fail": 23456}),))
    svg = draw_shares(shares, words=WORDS, title="t", description="d", ident="l", width=480, label_width=176)
    texts = [one for one in ElementTree.fromstring(svg).iter() if one.tag.endswith("text")]  # noqa: S314 - our own output
    assert " ".join(one.text or "" for one in texts[:2]) == label
    assert texts[-1].text == "12,345 / 35,801"
    assert float(texts[-1].get("x", "")) + 7 * len("12,345 / 35,801") < 480


@pytest.mark.parametrize("theme", [SCREEN, PRINT])
def test_every_chart_is_well_formed_and_keeps_hostile_text_as_text(theme: Theme) -> None:
    for svg in everything(theme):
        root = ElementTree.fromstring(svg)  # noqa: S314 - our own output
        assert root.get("role") == "img"
        assert "script" not in {element.tag.rpartition("}")[2] for element in root.iter()}
        assert "\x1b" not in svg
        assert "\u202e" not in svg
        assert "style=" not in svg


def test_pages_get_classes_and_print_gets_colours() -> None:
    assert "#C62828" not in "".join(everything(SCREEN))
    assert 'fill="#C62828"' in "".join(everything(PRINT))


def test_the_line_is_open_over_a_gap() -> None:
    moves = line_of(draw(SCREEN))
    assert moves.count("M") == 2  # one stroke before the gap, one after it
    first, second = moves.split("M")[1:]
    assert "V" not in first  # the change of day 4 lies in the gap and is not drawn before it ends
    assert second.split("H")[0].split()[1] != first.split("H")[0].split()[1]


def test_a_time_without_score_is_open_too() -> None:
    points = ((day(0), 10.0), (day(3), None), (day(4), 90.0))
    svg = draw_sparkline(Sparkline(START, END, points), title="t", ident="k")
    assert line_of(svg).count("M") == 2


def test_gaps_are_named_in_both_languages() -> None:
    assert "no data 3–5 March" in draw(SCREEN)
    assert "aucune donnée 3–5 mars" in draw(SCREEN, "fr")
    planned = Gap(day(2), day(5), planned=True)
    assert words_in("en", zone=UTC).no_data(planned) == "offline as planned 3–5 March"
    assert words_in("fr", zone=UTC).no_data(planned) == "hors ligne prévu 3–5 mars"


def test_the_last_value_is_written_in_the_language() -> None:
    assert ">60.0</text>" in draw(SCREEN)
    assert ">60,0</text>" in draw(SCREEN, "fr")


def test_histogram_counts_edges_once() -> None:
    assert Histogram.of([0, 9.9, 10, 99.9, 100]).counts == (2, 1, 0, 0, 0, 0, 0, 0, 0, 2)


@pytest.mark.parametrize(
    ("begun", "lasting", "labels"),
    [
        (timedelta(hours=8, minutes=3), timedelta(minutes=40), ["08:05", "08:10", "08:15", "08:20"]),
        (timedelta(hours=21), timedelta(hours=6), ["21:00", "22:00", "23:00", "1 Mar", "01:00", "02:00", "03:00"]),
        (timedelta(hours=21), timedelta(days=3), ["1 Mar", "12:00", "2 Mar", "12:00", "3 Mar", "12:00"]),
    ],
)
def test_a_short_time_is_labelled_with_hours(begun: timedelta, lasting: timedelta, labels: list[str]) -> None:
    start = START - timedelta(days=1) + begun
    trend = Trend(start, start + lasting, (TrendPoint(start, 40.0, 0.5),))
    svg = draw_trend(trend, words=WORDS, title="t", description="d", ident="t")
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert [text for text in texts if ":" in text or "Mar" in text][: len(labels)] == labels
