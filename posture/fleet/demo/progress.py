"""A progress bar: redrawn in place on a terminal, a line for every tenth part elsewhere."""

import time
from typing import TextIO

WIDTH = 32


class Progress:
    """Counts pieces of work up to ``total`` and shows it on a stream."""

    def __init__(self, *, total: int, stream: TextIO, words: str) -> None:
        self.total, self.stream, self.words = max(total, 1), stream, words
        self.done = 0
        self.begun = time.monotonic()

    def step(self) -> None:
        """One piece is done."""
        self.done += 1
        tenths = 10 * self.done // self.total
        if self.stream.isatty():
            self.stream.write(f"\r{self.bar()}")
        elif tenths != 10 * (self.done - 1) // self.total:
            self.stream.write(f"{self.bar()}\n")
        if self.done == self.total and self.stream.isatty():
            self.stream.write("\n")
        self.stream.flush()

    def bar(self) -> str:
        """ "  Demo fleet [####----] 50 of 100, 12 s"."""
        filled = WIDTH * self.done // self.total
        seconds = int(time.monotonic() - self.begun)
        return f"  {self.words} [{'#' * filled}{'-' * (WIDTH - filled)}] {self.done} of {self.total}, {seconds} s"
