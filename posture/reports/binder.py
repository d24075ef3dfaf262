"""Sets all parts of a report with one count of pages, and binds them into one file."""

import io
from collections.abc import Callable

import pikepdf

from posture.reports.binding import bind
from posture.reports.content import Content
from posture.reports.printer import print_document
from posture.reports.sheet import Data, Sheet

Progress = Callable[[int, str], None]


def make_pdf(content: Content, *, progress: Progress = lambda percent, step: None) -> bytes:
    """The report as a PDF. ``progress`` is told percent (0-100) and the name of the step.

    Parts are set twice: how many pages there are is known only when all have been set once.
    """
    parts = Sheet(content).parts()
    made_at = content.frame.made_at
    counts = []
    for at, part in enumerate(parts):
        progress(100 * at // (2 * len(parts)), "layout")
        counts.append(count_pages(print_document(data=part, made_at=made_at)))
    bodies = []
    for at, part in enumerate(parts):
        progress(50 + 100 * at // (2 * len(parts)), "pages")
        bodies.append(print_document(data=numbered(part, counts, at), made_at=made_at))
    progress(99, "binding")
    return bodies[0] if len(bodies) == 1 else bind(bodies, bookmarks=bookmarks_of(parts))


def numbered(part: Data, counts: list[int], at: int) -> Data:
    """The part with its first page's number and the number of all pages."""
    return {**part, "first_page": 1 + sum(counts[:at]), "total_pages": sum(counts)}


def bookmarks_of(parts: list[Data]) -> list[str]:
    """A bookmark for each part behind the main one: the appendix and the controls where the part begins."""
    return [f"{part['words']['appendix']} ({part['appendix'][0]['number']})" for part in parts[1:]]


def count_pages(body: bytes) -> int:
    with pikepdf.open(io.BytesIO(body)) as document:
        return len(document.pages)
