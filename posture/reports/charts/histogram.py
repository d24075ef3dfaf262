"""How the hosts' scores are spread: ten bars of ten points each."""

from collections.abc import Iterable
from dataclasses import dataclass

from posture.reports.charts.svg import Pen, clean
from posture.reports.charts.theme import SCREEN, Theme
from posture.reports.charts.words import Words

BINS = 10


@dataclass(frozen=True, slots=True)
class Histogram:
    """``counts[i]`` hosts have a score from 10·i to below 10·(i+1); 100 belongs to the last."""

    counts: tuple[int, ...]

    @classmethod
    def of(cls, scores: Iterable[float]) -> "Histogram":
        counts = [0] * BINS
        for score in scores:
            counts[min(max(int(score // 10), 0), BINS - 1)] += 1
        return cls(tuple(counts))


def draw_histogram(
    histogram: Histogram,
    *,
    words: Words,
    title: str,
    description: str,
    ident: str,
    theme: Theme = SCREEN,
    width: int = 360,
    height: int = 160,
) -> str:
    """The picture as SVG text: a count above each bar, the scores below."""
    pen = Pen(theme=theme, ident=ident)
    left, right, top, bottom = 14.0, width - 14.0, 18.0, height - 22.0
    step = (right - left) / len(histogram.counts)
    most = max(histogram.counts, default=0) or 1
    inside = []
    for place, count in enumerate(histogram.counts):
        x, high = left + place * step, (bottom - top) * count / most
        told = f"{place * 10}–{place * 10 + 10}: {words.count(count)}"
        bar = pen.rect("chart-bar", x + 1, bottom - high, step - 2, high)
        if count:
            bar += pen.text(x + step / 2, bottom - high - 4, words.count(count), css="chart-strong", anchor="middle")
        inside.append(pen.element("g", "chart-bin", f"<title>{clean(told)}</title>{bar}"))
    inside.append(pen.line("chart-axis", left, bottom, right, bottom))
    for score in (0, 50, 75, 90, 100):
        x = left + (right - left) * score / 100
        inside.append(pen.line("chart-axis", x, bottom, x, bottom + 4))
        inside.append(pen.text(x, bottom + 17, words.count(score), anchor="middle"))
    return pen.figure(width=width, height=height, title=title, description=description, inside="".join(inside))
