"""Status over time, one row a rule."""

from dataclasses import dataclass
from datetime import datetime

from posture.reports.charts.glyphs import draw_status
from posture.reports.charts.svg import Pen, clean
from posture.reports.charts.theme import SCREEN, Theme
from posture.reports.charts.timeline import Axis, Gap
from posture.reports.charts.words import Words

ROW = 22.0
BAR = 14.0


@dataclass(frozen=True, slots=True)
class Span:
    """One status from one moment to another."""

    from_at: datetime
    to_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Strips:
    from_at: datetime
    to_at: datetime
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...] = ()


def draw_strips(
    strips: Strips,
    *,
    words: Words,
    title: str,
    description: str,
    ident: str,
    theme: Theme = SCREEN,
    width: int = 720,
    label_width: int = 220,
) -> str:
    """The picture as SVG text; labels that are too long end in an ellipsis and are whole in the tooltip."""
    pen = Pen(theme=theme, ident=ident)
    axis = Axis(strips.from_at, strips.to_at, float(label_width), width - 8.0)
    bottom = ROW * len(strips.rows)
    inside = [draw_row(pen, axis, row, ROW * place, words) for place, row in enumerate(strips.rows)]
    inside += [draw_gap(pen, axis, gap, bottom, words) for gap in strips.gaps]
    for at in axis.ticks():
        inside.append(pen.line("chart-axis", axis.x(at), bottom, axis.x(at), bottom + 4))
        inside.append(pen.text(axis.x(at), bottom + 17, words.place(at), anchor="middle"))
    return pen.figure(width=width, height=bottom + 24, title=title, description=description, inside="".join(inside))


def draw_row(pen: Pen, axis: Axis, row: Row, y: float, words: Words) -> str:
    room = int((axis.left - 10) / 5.8)
    label = row.label if len(row.label) <= room else f"{row.label[: room - 1]}…"
    parts = [f"<title>{clean(row.label)}</title>", pen.text(0, y + 14, label)]
    for span in row.spans:
        left, right = axis.x(span.from_at), axis.x(span.to_at)
        if right - left < 0.2:
            continue
        told = f"{words.statuses[span.status]}: {words.moment(span.from_at)} – {words.moment(span.to_at)}"
        mark = draw_status(pen, span.status, left, y + (ROW - BAR) / 2, right - left, BAR)
        parts.append(pen.element("g", "chart-span", f"<title>{clean(told)}</title>{mark}"))
    return pen.element("g", "chart-row", "".join(parts))


def draw_gap(pen: Pen, axis: Axis, gap: Gap, bottom: float, words: Words) -> str:
    left, right = axis.x(gap.from_at), axis.x(gap.to_at)
    band = pen.hatched("gap", "chart-gap", left, 0, right - left, bottom)
    return pen.element("g", "chart-gap", f"<title>{clean(words.no_data(gap))}</title>{band}")
