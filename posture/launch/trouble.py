"""What went wrong, in words for the person at the terminal."""

import errno

FULL_DISK = "No space left on device"


class Trouble(Exception):
    """One clear sentence about what stands in the way, and what to do; `details` are the last lines of a log."""

    def __init__(self, sentence: str, *, details: list[str] | None = None) -> None:
        super().__init__(sentence)
        self.details = details or []


class Stopped(Exception):
    """A person or a parent asked everything to end while it was still starting."""


def in_words(error: OSError) -> str:
    """One sentence for an error of the operating system that nobody expected at its place."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk is full{where}: free some space and start again."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"This account may not write here{where}: start as the owner of the checkout, or give --var a directory."
    return f"{error.strerror or error}{where}."
