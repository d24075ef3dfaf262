"""Lines for people: what happens goes to standard error, what was asked for to standard output."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

PLAIN = {"✓": "+", "✗": "x", "’": "'", "…": "...", "\u00a0": " ", "«": '"', "»": '"'}


def log(words: str) -> None:
    """One line on standard error; the service manager adds the time."""
    print(sayable("posture-agent: " + words, sys.stderr.encoding), file=sys.stderr, flush=True)


def show(words: str) -> None:
    """A line on standard output."""
    print(sayable(words, sys.stdout.encoding), flush=True)


def sayable(words: str, encoding: Optional[str]) -> str:
    """The words in what the terminal's encoding has; what it cannot say at all becomes a question mark."""
    encoding = encoding or "utf-8"
    try:
        words.encode(encoding)
    except UnicodeEncodeError:
        words = "".join(letter if can_say(letter, encoding) else PLAIN.get(letter, letter) for letter in words)
    return words.encode(encoding, "replace").decode(encoding)


def can_say(letter: str, encoding: str) -> bool:
    """Whether an encoding has a letter."""
    return bool(letter.encode(encoding, "ignore"))
