"""The score over time: a step line from 0 to 100, the coverage below it, numbered changes, gaps left open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from posture.reports.charts.svg import Pen, clean, number
from posture.reports.charts.theme import SCREEN, Theme
from posture.reports.charts.timeline import Axis, Gap, without_gaps
from posture.reports.charts.words import Words

GRID = (0, 50, 75, 90, 100)  # the edges of the bands
BAND_MIDDLES = (95.0, 82.5, 62.5, 25.0)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """From ``at`` on the score (0-100, None: nothing applicable) and coverage (0-1) were these."""

    at: datetime
    score: float | None
    coverage: float


@dataclass(frozen=True, slots=True)
class Flag:
    """A change worth a number on the line; the list of changes stands beside the chart."""

    at: datetime
    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Trend:
    """``points`` in order of time; a point before ``from_at`` says what held at the beginning."""

    from_at: datetime
    to_at: datetime
    points: tuple[TrendPoint, ...]
    gaps: tuple[Gap, ...] = ()
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of unbroken time with one value."""

    from_at: datetime
    to_at: datetime
    point: TrendPoint


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the parts of this chart lie, in pixels."""

    axis: Axis
    top: float
    bottom: float
    strip_top: float
    strip_bottom: float

    def y(self, score: float) -> float:
        return self.bottom - (self.bottom - self.top) * min(max(score, 0.0), 100.0) / 100


def draw_trend(
    trend: Trend,
    *,
    words: Words,
    title: str,
    description: str,
    ident: str,
    theme: Theme = SCREEN,
    width: int = 720,
    height: int = 240,
    bands: bool = True,
) -> str:
    """The picture as SVG text. ``bands`` names Good, Fair, Weak and Exposed at the right."""
    pen = Pen(theme=theme, ident=ident)
    right = width - (64.0 if bands else 40.0)
    axis = Axis(trend.from_at, trend.to_at, 38.0, right)
    frame = Frame(axis, 26.0, height - 62.0, height - 46.0, height - 24.0)
    steps = list(steps_of(trend))
    inside = [
        draw_grid(pen, frame, words, bands=bands),
        *(draw_gap(pen, frame, gap, words) for gap in trend.gaps),
        draw_coverage(pen, frame, steps),
        draw_line(pen, frame, steps),
        draw_last(pen, frame, steps, words, right),
        *draw_flags(pen, frame, trend.flags),
        *(draw_hit(pen, frame, step, words) for step in steps if theme is SCREEN),
    ]
    return pen.figure(width=width, height=height, title=title, description=description, inside="".join(inside))


def steps_of(trend: Trend) -> Iterator[Step]:
    """The stretches to draw: between points, within the frame, outside of gaps."""
    for place, point in enumerate(trend.points):
        end = trend.points[place + 1].at if place + 1 < len(trend.points) else trend.to_at
        start, end = max(point.at, trend.from_at), min(end, trend.to_at)
        for first, last in without_gaps(start, end, trend.gaps):
            yield Step(first, last, point)


def draw_grid(pen: Pen, frame: Frame, words: Words, *, bands: bool) -> str:
    axis, parts = frame.axis, []
    for score in GRID:
        y = frame.y(score)
        parts.append(pen.line("chart-axis" if score == 0 else "chart-rule", axis.left, y, axis.right, y))
        if score != 90 or frame.bottom - frame.top > 100:
            parts.append(pen.text(axis.left - 6, y + 4, words.count(score), anchor="end"))
    if bands:
        for middle, band in zip(BAND_MIDDLES, words.bands, strict=True):
            parts.append(pen.text(axis.right + 8, frame.y(middle) + 4, band))
    for at in axis.ticks():
        x = axis.x(at)
        parts.append(pen.line("chart-axis", x, frame.strip_bottom, x, frame.strip_bottom + 4))
        parts.append(pen.text(x, frame.strip_bottom + 17, words.place(at), anchor="middle" if x > 60 else "start"))
    parts.append(pen.rect("chart-track", axis.left, frame.strip_top, axis.right - axis.left, strip_height(frame)))
    parts.append(pen.text(axis.left, frame.strip_top - 4, words.coverage))
    return "".join(parts)


def strip_height(frame: Frame) -> float:
    return frame.strip_bottom - frame.strip_top


def draw_gap(pen: Pen, frame: Frame, gap: Gap, words: Words) -> str:
    """A hatched band with its words where they fit; always with a tooltip."""
    left, right = frame.axis.x(gap.from_at), frame.axis.x(gap.to_at)
    label = words.no_data(gap)
    band = pen.hatched("gap", "chart-gap", left, frame.top, right - left, frame.strip_bottom - frame.top)
    if right - left < 0.5:
        return ""
    words_width = len(label) * 5.6 + 8
    if right - left > words_width:
        middle, y = (left + right) / 2, frame.y(8)
        band += pen.rect("chart-gap-ground", middle - words_width / 2, y - 11, words_width, 15)
        band += pen.text(middle, y, label, anchor="middle")
    elif right - left > 13:
        x, y = (left + right) / 2 + 4, frame.strip_bottom - 6
        band += pen.rect("chart-gap-ground", x - 11, y - words_width + 4, 14, words_width)
        turn = f"rotate(-90 {number(x)} {number(y)})"
        band += pen.element("text", "chart-text", clean(label), x=x, y=y, transform=turn)
    return pen.element("g", "chart-gap", f"<title>{clean(label)}</title>{band}")


def draw_coverage(pen: Pen, frame: Frame, steps: Sequence[Step]) -> str:
    parts = []
    for step in steps:
        left, right = frame.axis.x(step.from_at), frame.axis.x(step.to_at)
        high = strip_height(frame) * min(max(step.point.coverage, 0.0), 1.0)
        parts.append(pen.rect("chart-coverage", left, frame.strip_bottom - high, right - left, high))
    return "".join(parts)


def draw_line(pen: Pen, frame: Frame, steps: Sequence[Step]) -> str:
    """One path; a new stroke begins after each gap and after each time without a score."""
    commands: list[str] = []
    joined: datetime | None = None
    for step in steps:
        if step.point.score is None:
            joined = None
            continue
        y = number(frame.y(step.point.score))
        left, right = number(frame.axis.x(step.from_at)), number(frame.axis.x(step.to_at))
        commands.append(f"V{y}H{right}" if joined == step.from_at else f"M{left} {y}H{right}")
        joined = step.to_at
    return pen.path("chart-line", "".join(commands)) if commands else ""


def draw_last(pen: Pen, frame: Frame, steps: Sequence[Step], words: Words, right: float) -> str:
    """The last value, written above the end of the line."""
    if not steps or steps[-1].point.score is None:
        return ""
    score = steps[-1].point.score
    x, y = min(frame.axis.x(steps[-1].to_at), right), frame.y(score)
    return pen.element("circle", "chart-flag", cx=x, cy=y, r=3) + pen.text(
        x - 6, y - 7, words.score_number(score), css="chart-strong", anchor="end"
    )


def draw_flags(pen: Pen, frame: Frame, flags: Sequence[Flag]) -> Iterator[str]:
    """Numbers on a line of their own above the plot, pushed right where they would touch."""
    edge = frame.axis.left - 20.0
    for flag in sorted(flags, key=lambda flag: flag.at):
        x = frame.axis.x(flag.at)
        place = max(x, edge + 17)
        edge = place
        leader = f"M{number(place)} 18L{number(x)} {number(frame.top)}V{number(frame.bottom)}"
        mark = pen.path("chart-flag-line", leader)
        mark += pen.element("circle", "chart-flag", cx=place, cy=11, r=7.5)
        mark += pen.text(place, 14.5, str(flag.number), css="chart-flag-text", anchor="middle")
        yield pen.element("g", "chart-change", f"<title>{clean(f'{flag.number}. {flag.label}')}</title>{mark}")


def draw_hit(pen: Pen, frame: Frame, step: Step, words: Words) -> str:
    """An invisible area that says on hover what held at that time."""
    point = step.point
    score = "–" if point.score is None else words.score_number(point.score)
    told = f"{words.moment(step.from_at)} · {words.score} {score} · {words.coverage} {words.percent(point.coverage)}"
    left, right = frame.axis.x(step.from_at), frame.axis.x(step.to_at)
    high = frame.strip_bottom - frame.top
    return pen.rect("chart-hit", left, frame.top, right - left, high, inside=f"<title>{clean(told)}</title>")
