"""What the person at the terminal sees: steps with progress and time, one interleaved log, the box at the end."""

import errno
import os
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

COLOURS = {"web": 36, "worker": 35, "beat": 34, "agent": 32, "postgres": 33, "valkey": 31}
WHEEL = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
NAME_WIDTH = 26
PREFIX_WIDTH = 8


class Step:
    """One named piece of work on the screen, with a detail that may change while it goes on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.detail = ""
        self.started = time.monotonic()

    def say(self, detail: str) -> None:
        self.detail = printable(detail)

    def seconds(self) -> float:
        return time.monotonic() - self.started


class Console:
    """Writes lines to a stream; on a terminal the present step is redrawn in place."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.coloured = self.live and "NO_COLOR" not in os.environ
        self.present: Step | None = None
        self.turns = 0
        self.gone = False

    def paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.coloured else text

    def line(self, text: str = "") -> None:
        """One whole line, above the step that is going on."""
        clear = "\r\x1b[2K" if self.live and self.present else ""
        self.write(f"{clear}{text}\n")

    def write(self, text: str) -> None:
        """Write at once. When nobody reads any more (a closed pipe or terminal) `gone` is set, and the rest is lost."""
        if self.gone:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:
            if error.errno not in {errno.EPIPE, errno.EIO}:
                raise
            self.gone = True

    def log(self, name: str, text: str) -> None:
        """One line of a process's output behind its coloured name."""
        self.line(f"{self.paint(name.ljust(PREFIX_WIDTH), COLOURS.get(name, 37))} │ {text}")

    def note(self, text: str) -> None:
        """Something the person ought to know, though everything goes on."""
        self.line(f"{self.paint('!', 33)} {text}")

    def trouble(self, sentence: str, details: list[str]) -> None:
        """Why nothing goes on, after the lines that led to it."""
        for detail in details:
            self.line(f"    {detail}")
        self.line(f"{self.paint('✕', 31)} {sentence}")

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show a piece of work: its name while it goes on, its time when it is done."""
        step = Step(name)
        self.present = step
        self.turn()
        mark = self.paint("✕", 31)
        try:
            yield step
            mark = self.paint("✓", 32)
        finally:
            self.line(f"{mark} {name.ljust(NAME_WIDTH)} {step.seconds():6.1f} s  {step.detail}".rstrip())
            self.present = None

    def turn(self) -> None:
        """Redraw the present step, so that one sees that it lives."""
        if not (self.live and self.present):
            return
        self.turns += 1
        wheel = WHEEL[self.turns % len(WHEEL)]
        text = f"{wheel} {self.present.name.ljust(NAME_WIDTH)} {self.present.seconds():6.1f} s  {self.present.detail}"
        self.write(f"\r\x1b[2K{text[: columns() - 1]}")

    def box(self, lines: list[str]) -> None:
        """A frame around the lines that matter most."""
        width = max(len(line) for line in lines)
        self.line()
        self.line(f"┏━{'━' * width}━┓")
        for line in lines:
            self.line(f"┃ {line.ljust(width)} ┃")
        self.line(f"┗━{'━' * width}━┛")
        self.line()


def columns() -> int:
    """The width of the terminal, 80 where it cannot be told."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except OSError:
        return 80


def printable(text: str) -> str:
    """The text without control characters: a log line must not steer the terminal."""
    return "".join(sign if sign == "\t" or unicodedata.category(sign)[0] != "C" else " " for sign in text)
