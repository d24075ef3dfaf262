"""A score over time in the space of a word."""

from dataclasses import dataclass
from datetime import datetime

from posture.reports.charts.svg import Pen, number
from posture.reports.charts.theme import SCREEN, Theme
from posture.reports.charts.timeline import Axis, Gap, without_gaps


@dataclass(frozen=True, slots=True)
class Sparkline:
    """``points`` are (moment, score 0-100 or None) in order of time, each holding until the next."""

    from_at: datetime
    to_at: datetime
    points: tuple[tuple[datetime, float | None], ...]
    gaps: tuple[Gap, ...] = ()


def draw_sparkline(
    line: Sparkline, *, title: str, ident: str, theme: Theme = SCREEN, width: int = 96, height: int = 24
) -> str:
    """The picture as SVG text, from 0 to 100; gaps stay open."""
    pen = Pen(theme=theme, ident=ident)
    axis = Axis(line.from_at, line.to_at, 2.0, width - 4.0)
    commands: list[str] = []
    joined: datetime | None = None
    end: tuple[float, float] | None = None
    for place, (at, score) in enumerate(line.points):
        until = line.points[place + 1][0] if place + 1 < len(line.points) else line.to_at
        if score is None:
            joined = None
            continue
        y = height - 3 - (height - 6) * min(max(score, 0.0), 100.0) / 100
        for first, last in without_gaps(max(at, line.from_at), min(until, line.to_at), line.gaps):
            right = axis.x(last)
            move = f"V{number(y)}" if joined == first else f"M{number(axis.x(first))} {number(y)}"
            commands.append(f"{move}H{number(right)}")
            joined, end = last, (right, y)
    inside = pen.path("chart-line", "".join(commands)) if commands else ""
    if end:
        inside += pen.element("circle", "chart-flag", cx=end[0], cy=end[1], r=2)
    return pen.figure(width=width, height=height, title=title, description="", inside=inside)
