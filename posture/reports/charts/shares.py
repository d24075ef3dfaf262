"""Controls by status, one bar a section."""

from collections.abc import Mapping
from dataclasses import dataclass

from posture.reports.charts.glyphs import STATUSES, draw_status
from posture.reports.charts.svg import Pen, clean
from posture.reports.charts.theme import SCREEN, Theme
from posture.reports.charts.words import Words

ROW = 26.0
BAR = 16.0


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
    pen = Pen(theme=theme, ident=ident)
    inside = [
        draw_share(pen, share, ROW * place, float(label_width), width - 62.0, words)
        for place, share in enumerate(shares.rows)
    ]
    height = ROW * max(len(shares.rows), 1)
    return pen.figure(width=width, height=height, title=title, description=description, inside="".join(inside))


def draw_share(pen: Pen, share: Share, y: float, left: float, right: float, words: Words) -> str:
    room = int((left - 10) / 5.8)
    label = share.label if len(share.label) <= room else f"{share.label[: room - 1]}…"
    total = sum(share.counts.values())
    told = ", ".join(f"{words.statuses[name]} {words.count(count)}" for name, count in share.counts.items() if count)
    parts = [f"<title>{clean(f'{share.label}: {told}')}</title>", pen.text(0, y + 17, label)]
    x = left
    for status in STATUSES:
        count = share.counts.get(status, 0)
        if count:
            wide = (right - left) * count / total
            parts.append(draw_status(pen, status, x + 0.5, y + (ROW - BAR) / 2, wide - 1, BAR))
            x += wide
    judged = total - share.counts.get("not_applicable", 0)
    sums = f"{words.count(share.counts.get('pass', 0))} / {words.count(judged)}"
    parts.append(pen.text(right + 10, y + 17, sums, css="chart-strong"))
    return pen.element("g", "chart-row", "".join(parts))
