"""Controls by status, one bar a section."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from posture.reports.charts.glyphs import STATUSES, draw_status
from posture.reports.charts.svg import Pen, clean
from posture.reports.charts.theme import SCREEN, Theme
from posture.reports.charts.words import Words

ROW = 26.0
BAR = 16.0
LINE = 12.0  # of a label that takes two
LETTER, DIGIT = 5.8, 7.2  # wide, of the label and of the sums


@dataclass(frozen=True, slots=True)
class Share:
    """A label and how many are in each status (pass, fail, manual, unknown, not_applicable)."""

    label: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Shares:
    rows: tuple[Share, ...]


def draw_shares(
    shares: Shares,
    *,
    words: Words,
    title: str,
    description: str,
    ident: str,
    theme: Theme = SCREEN,
    width: int = 720,
    label_width: int = 240,
) -> str:
    """The picture as SVG text. Every bar has the whole width; at its end: passed of all applicable."""
    sums = [sum_of(share, words) for share in shares.rows]
    right = width - 18 - DIGIT * max(map(len, sums), default=0)
    pen = Pen(theme=theme, ident=ident)
    inside = [
        draw_share(pen, share, ROW * place, float(label_width), right, words) for place, share in enumerate(shares.rows)
    ]
    height = ROW * max(len(shares.rows), 1)
    return pen.figure(width=width, height=height, title=title, description=description, inside="".join(inside))


def draw_share(pen: Pen, share: Share, y: float, left: float, right: float, words: Words) -> str:
    total = sum(share.counts.values())
    told = ", ".join(f"{words.statuses[name]} {words.count(count)}" for name, count in share.counts.items() if count)
    parts = [f"<title>{clean(f'{share.label}: {told}')}</title>", *draw_label(pen, share.label, y, left)]
    x = left
    for status in STATUSES:
        count = share.counts.get(status, 0)
        if count:
            wide = (right - left) * count / total
            parts.append(draw_status(pen, status, x + 0.5, y + (ROW - BAR) / 2, wide - 1, BAR))
            x += wide
    parts.append(pen.text(right + 10, y + 17, sum_of(share, words), css="chart-strong"))
    return pen.element("g", "chart-row", "".join(parts))


def sum_of(share: Share, words: Words) -> str:
    """ "8 / 12": passed of all applicable."""
    judged = sum(share.counts.values()) - share.counts.get("not_applicable", 0)
    return f"{words.count(share.counts.get('pass', 0))} / {words.count(judged)}"


def draw_label(pen: Pen, label: str, y: float, left: float) -> list[str]:
    """A label in one line or two, cut only where two are not enough."""
    lines = textwrap.wrap(label, int((left - 10) / LETTER), max_lines=2, placeholder="…")
    top = y + 17 - LINE / 2 * (len(lines) - 1)
    return [pen.text(0, top + LINE * place, line) for place, line in enumerate(lines)]
