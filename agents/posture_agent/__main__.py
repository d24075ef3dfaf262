"""Reads the command line and the settings file and runs one command. Exit statuses are documented in docs/agent.md."""

from __future__ import annotations

import os
import sys

from . import VERSION, options, settings, words
from .failures import OK, STATE, Failure, UsageError
from .loading import loaded
from .log import log
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional


def main(arguments: Optional[list[str]] = None) -> int:
    """Run one command; returns the exit status."""
    os.umask(0o077)
    given = None
    try:
        given = understood(sys.argv[1:] if arguments is None else arguments)
        if given.help:
            return int(loaded("usage").show_help(given.command))
        if given.command == "version":
            sys.stdout.write(VERSION + "\n")
            return OK
        return int(loaded("commands." + given.command).run(given))
    except UsageError as error:
        log(str(error))
        if given is None:
            log(say("posture-agent --help says how it is used"))
        return error.status
    except Failure as error:
        log(str(error))
        return error.status
    except OSError as error:
        log(say("%s: %s", error.filename or say("input and output"), error.strerror))
        return STATE
    except KeyboardInterrupt:
        return OK


def understood(arguments: list[str]) -> options.Given:
    """What was asked for, completed by the settings file; speaks its language from here on. Raises UsageError."""
    words.speak(options.peek(arguments, "language") or words.language_of(os.environ))
    named = options.peek(arguments, "config")
    found = settings.load(named or settings.default_path(os.environ, os.geteuid()), named is not None)
    if "language" in found and options.peek(arguments, "language") is None:
        words.speak(options.language(found["language"][0]))
    given = options.parse(arguments)
    settings.apply(given, found)
    return given


if __name__ == "__main__":
    sys.exit(main())
