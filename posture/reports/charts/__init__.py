"""Charts as SVG text, drawn on the server, for pages and PDFs alike. Pure: no Django, no clock.

Each drawing takes one frozen structure, the ``Words`` of a language and a ``Theme``. On pages (``SCREEN``) elements
carry classes only, so that a strict CSP holds and dark mode is a matter of CSS (``charts.css``); in print (``PRINT``)
the same elements carry presentation attributes too.
"""

from posture.reports.charts.histogram import Histogram, draw_histogram
from posture.reports.charts.shares import Share, Shares, draw_shares
from posture.reports.charts.sparkline import Sparkline, draw_sparkline
from posture.reports.charts.strips import Row, Span, Strips, draw_strips
from posture.reports.charts.theme import PRINT, SCREEN, Theme
from posture.reports.charts.timeline import Gap
from posture.reports.charts.trend import Flag, Trend, TrendPoint, draw_trend
from posture.reports.charts.words import Words, words_in

__all__ = [
    "PRINT",
    "SCREEN",
    "Flag",
    "Gap",
    "Histogram",
    "Row",
    "Share",
    "Shares",
    "Span",
    "Sparkline",
    "Strips",
    "Theme",
    "Trend",
    "TrendPoint",
    "Words",
    "draw_histogram",
    "draw_shares",
    "draw_sparkline",
    "draw_strips",
    "draw_trend",
    "words_in",
]
