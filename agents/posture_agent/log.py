"""Lines for people: what happens goes to standard error, what was asked for to standard output."""

from __future__ import annotations

import sys


def log(words: str) -> None:
    """One line on standard error; the service manager adds the time."""
    print("posture-agent: " + words, file=sys.stderr, flush=True)


def show(words: str) -> None:
    """A line on standard output; what the terminal's encoding cannot say becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    print(words.encode(encoding, "replace").decode(encoding), flush=True)
