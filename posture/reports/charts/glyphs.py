"""The status glyphs as drawn shapes, so that no font has to hold them: ✕ ✓ ◐ ? –"""

from posture.reports.charts.svg import Pen, number

STATUSES = ("fail", "unknown", "manual", "pass", "not_applicable")


def draw_status(pen: Pen, status: str, x: float, y: float, width: float, height: float) -> str:
    """A filled mark of a status; its glyph is inside where there is room (12 px)."""
    if status == "unknown":
        mark = pen.hatched("unknown", "status-unknown", x, y, width, height)
    else:
        mark = pen.rect(f"status-{status}", x, y, width, height)
    if width < 12 or height < 10:
        return mark
    if status == "unknown":
        mark += pen.rect("status-unknown-ground", x + width / 2 - 5.5, y + height / 2 - 5.5, 11, 11)
    return mark + draw_glyph(pen, status, x + width / 2, y + height / 2)


def draw_glyph(pen: Pen, status: str, x: float, y: float, *, css: str = "glyph") -> str:
    """The glyph of a status, 7 px wide around its middle. ``css`` begins the class: glyph-fail, glyph-manual-half."""
    a, b, c, d = (number(value) for value in (x - 3.5, y - 3.5, x + 3.5, y + 3.5))
    if status == "fail":
        return pen.path(f"{css}-fail", f"M{a} {b}L{c} {d}M{a} {d}L{c} {b}")
    if status == "pass":
        return pen.path(f"{css}-pass", f"M{a} {number(y + 0.3)}L{number(x - 1)} {number(y + 3)}L{c} {b}")
    if status == "manual":
        half = f"M{number(x)} {b}A3.5 3.5 0 0 0 {number(x)} {d}Z"
        return pen.element("circle", f"{css}-manual", cx=x, cy=y, r=3.5) + pen.path(f"{css}-manual-half", half)
    if status == "unknown":
        hook = f"M{number(x - 2.2)} {number(y - 2)}A2.2 2.2 0 1 1 {number(x)} {number(y + 0.2)}v1.4"
        dot = pen.element("circle", f"{css}-unknown-dot", cx=x, cy=y + 3.7, r=0.8)
        return pen.path(f"{css}-unknown", hook) + dot
    return pen.path(f"{css}-not_applicable", f"M{a} {number(y)}L{c} {number(y)}")
