"""Long commands that differ in a line or two: what stands on an earlier page already is named, not set again."""

from collections.abc import Callable
from difflib import SequenceMatcher

LINES = 8  # alike in a row that are worth leaving out
KEPT = 24  # texts to compare with


class Repeats:
    """Remembers what was printed under which number. ``mark`` words (count of lines, number) as one line."""

    def __init__(self, mark: Callable[[int, str], str]) -> None:
        self.mark = mark
        self.printed: list[tuple[str, list[str]]] = []
        self.notes: dict[str, str] = {}

    def shorten(self, text: str, *, number: str) -> str:
        """The text; the longest run of lines that was printed before is one line in its place."""
        lines = text.split("\n")
        if len(lines) < LINES:
            return text
        for earlier, printed in self.printed:
            match = SequenceMatcher(None, printed, lines, autojunk=False).find_longest_match()
            if match.size >= LINES:
                end = match.b + match.size
                return "\n".join([*lines[: match.b], self.mark(match.size, earlier), *lines[end:]])
        if len(self.printed) < KEPT:
            self.printed.append((number, lines))
        return text

    def earlier(self, note: str, *, number: str) -> str:
        """The number under which this note was printed before, or nothing."""
        known = self.notes.setdefault(note, number)
        return "" if known == number else known
