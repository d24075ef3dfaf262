"""How the parts of a chart look: by class on pages, by presentation attributes in print."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Attributes = Mapping[str, str]

INK = "#14181F"
SOFT = "#4B5563"
RULE = "#C9CED6"
FAIL = "#C62828"
PASS = "#16936F"
MANUAL = "#1D4ED8"
UNKNOWN = "#C08A00"
NOT_APPLICABLE = "#4B5563"
FACE = "Source Sans Pro"


@dataclass(frozen=True, slots=True)
class Theme:
    """Attributes by class name; empty on pages, where ``charts.css`` speaks."""

    name: str
    looks: Mapping[str, Attributes] = field(default_factory=dict)


def words(size: str, colour: str = INK, weight: str = "400") -> Attributes:
    return {"font-family": FACE, "font-size": size, "fill": colour, "font-weight": weight}


def outline(colour: str, width: str = "1", fill: str = "none") -> Attributes:
    return {"fill": fill, "stroke": colour, "stroke-width": width}


SCREEN = Theme("screen")

# On paper the statuses differ in lightness and texture too: solid, tint, dots, hatching, empty.
PRINT = Theme(
    "print",
    {
        "chart-text": words("11", SOFT),
        "chart-strong": words("12", INK, "600"),
        "chart-flag-text": words("10", "#FFFFFF", "600"),
        "chart-rule": outline(RULE),
        "chart-axis": outline(SOFT),
        "chart-line": {**outline(INK, "1.75"), "stroke-linejoin": "miter"},
        "chart-bar": {"fill": SOFT},
        "chart-coverage": {"fill": "#9AA3AF"},
        "chart-track": {"fill": "#EEF0F3"},
        "chart-gap-ground": {"fill": "#FFFFFF"},
        "chart-gap-line": outline("#9AA3AF"),
        "chart-flag": {"fill": INK},
        "chart-flag-line": {**outline(SOFT, "0.75"), "stroke-dasharray": "1 2"},
        "chart-hit": {"fill": "none"},
        "status-fail": {"fill": FAIL},
        "status-pass": outline(PASS, "1", "#CDE8DE"),
        "status-manual": outline(MANUAL, "1", "#D9E2FB"),
        "status-unknown-ground": outline(UNKNOWN, "1", "#FFFFFF"),
        "status-unknown-line": outline(UNKNOWN, "1.5"),
        "status-not_applicable": outline(NOT_APPLICABLE, "1", "#FFFFFF"),
        "glyph-fail": outline("#FFFFFF", "1.6"),
        "glyph-pass": outline("#0B5A43", "1.6"),
        "glyph-manual": outline(MANUAL, "1.2"),
        "glyph-manual-half": {"fill": MANUAL},
        "glyph-unknown": outline(INK, "1.3"),
        "glyph-unknown-dot": {"fill": INK},
        "glyph-not_applicable": outline(NOT_APPLICABLE, "1.6"),
    },
)
