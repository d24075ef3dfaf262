"""What may go wrong in a way that a person can mend: the text says what, the status is the program's exit status."""

from __future__ import annotations

OK, TROUBLE, USAGE, STATE, UNREACHABLE, STOPPED, REFUSED = 0, 1, 2, 3, 4, 5, 6


class Failure(Exception):
    """Ends a command; the text is fit to be shown."""

    status = REFUSED


class UsageError(Failure):
    """The command line or the settings file is wrong."""

    status = USAGE
