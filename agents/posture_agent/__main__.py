"""Reads the command line and the settings file and runs one command. Exit statuses are documented in docs/agent.md."""

from __future__ import annotations

import os
import sys

from . import VERSION, options, settings, words
from .failures import OK, STATE, Failure, UsageError
from .loading import loaded
from .log import log
from .reasons import words_of
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
        log(say("%s: %s", error.filename or say("input and output"), words_of(error)))
        return STATE
    except KeyboardInterrupt:
        return OK


def understood(arguments: list[str]) -> options.Given:
    """What was asked for, completed by the settings file; speaks its language from here on. Raises UsageError."""
    words.speak(options.peek(arguments, "language") or words.language_of(os.environ))
    found = settings.load(*settings_file(arguments))
    if "language" in found and options.peek(arguments, "language") is None:
        words.speak(options.language(found["language"][0]))
    given = options.parse(arguments)
    settings.apply(given, found)
    return given


def settings_file(arguments: list[str]) -> tuple[str, bool]:
    """The settings file, and whether it has to be there: one that is named, unless ``install`` is to make it."""
    named = options.peek(arguments, "config")
    installing = arguments[:1] in (["install"], ["uninstall"])
    root = (options.peek(arguments, "root") or "").rstrip("/") if installing else ""
    path = named or settings.default_path(os.environ, 0 if installing else os.geteuid())
    return root + path, named is not None and not installing


if __name__ == "__main__":
    sys.exit(main())
