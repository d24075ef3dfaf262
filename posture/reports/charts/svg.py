"""SVG elements as text: everything that comes in is escaped, coordinates are rounded to a tenth."""

from xml.sax.saxutils import escape, quoteattr

from posture.reports.charts.theme import Theme

Attribute = str | float | int


def number(value: float) -> str:
    """A coordinate: at most one decimal, no trailing zero."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def clean(text: str) -> str:
    """Text without the control characters that XML forbids, escaped."""
    return escape("".join(sign for sign in text if sign.isprintable()))


class Pen:
    """Draws elements in one theme. ``ident`` makes ids of patterns and titles unique on a page."""

    def __init__(self, *, theme: Theme, ident: str) -> None:
        self.theme = theme
        self.ident = ident

    def element(self, tag: str, css: str, inside: str = "", **attributes: Attribute) -> str:
        """One element; underscores in names of attributes stand for hyphens. ``inside`` is markup already."""
        parts = [f"<{tag}"]
        if css:
            parts.append(f"class={quoteattr(css)}")
        for name, value in {**self.theme.looks.get(css, {}), **attributes}.items():
            text = value if isinstance(value, str) else number(value)
            parts.append(f"{name.replace('_', '-')}={quoteattr(text)}")
        opening = " ".join(parts)
        return f"{opening}>{inside}</{tag}>" if inside else f"{opening}/>"

    def rect(self, css: str, x: float, y: float, width: float, height: float, *, inside: str = "") -> str:
        return self.element("rect", css, inside, x=x, y=y, width=max(width, 0.0), height=max(height, 0.0))

    def line(self, css: str, x1: float, y1: float, x2: float, y2: float) -> str:
        return self.element("line", css, x1=x1, y1=y1, x2=x2, y2=y2)

    def path(self, css: str, d: str) -> str:
        return self.element("path", css, d=d)

    def text(self, x: float, y: float, words: str, *, css: str = "chart-text", anchor: str = "start") -> str:
        return self.element("text", css, clean(words), x=x, y=y, text_anchor=anchor)

    def hatched(self, name: str, css: str, x: float, y: float, width: float, height: float) -> str:
        """A rectangle with a ground and diagonal lines over it: ``css-ground`` below, the pattern ``name`` above."""
        ground = self.rect(f"{css}-ground", x, y, width, height)
        return ground + self.element(
            "rect", "", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), fill=f"url(#{self.ident}-{name})"
        )

    def hatch(self, name: str, css: str, *, step: int = 6) -> str:
        """The definition of a diagonal pattern, drawn with lines of class ``css``."""
        lines = self.path(css, f"M-1 1L1 -1M0 {step}L{step} 0M{step - 1} {step + 1}L{step + 1} {step - 1}")
        return self.element(
            "pattern", "", lines, id=f"{self.ident}-{name}", width=step, height=step, patternUnits="userSpaceOnUse"
        )

    def figure(self, *, width: float, height: float, title: str, description: str, inside: str) -> str:
        """The whole picture with its title and description for screen readers."""
        marks = self.hatch("gap", "chart-gap-line") + self.hatch("unknown", "status-unknown-line", step=5)
        head = (
            f'<title id="{self.ident}-title">{clean(title)}</title>'
            f'<desc id="{self.ident}-desc">{clean(description)}</desc><defs>{marks}</defs>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" id={quoteattr(self.ident)} '
            f'aria-labelledby="{self.ident}-title {self.ident}-desc" '
            f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}">'
            f"{head}{inside}</svg>"
        )
