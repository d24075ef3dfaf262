"""``manage.py assess FILE``: one snapshot judged on the spot, without server and database."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from posture.evaluation import catalogue
from posture.evaluation.assessed import Assessed, assess
from posture.evaluation.verdict import Severity, Status
from posture.facts.wire.snapshot import Snapshot
from posture.reports.listing.bench import LANGUAGES, listing
from posture.reports.listing.document import document

MOST = 64 * 1024 * 1024  # bytes of a snapshot
SEVERITIES = tuple(severity.value for severity in Severity)  # the worst first
NEVER = "never"
# A program that crashes ends with 1, so that 1 says nothing of ours.
USAGE, UNWRITTEN, FAILED = 2, 3, 10
WORDS: Mapping[str, tuple[str, str]] = {
    "edition": ("There is no edition {name}; there are {others}.", "Il n’y a pas d’édition {name} ; il y a {others}."),
    "unread": ("{name} could not be read: {why}", "{name} n’a pas pu être lu : {why}"),
    "large": ("{name} has more than {most} bytes.", "{name} a plus de {most} octets."),
    "wrong": (
        "{name} is no snapshot of this protocol: {why}",
        "{name} n’est pas un instantané de ce protocole : {why}",
    ),
    "moment": (
        "--at wants a moment with its zone, as 2026-03-01T12:00:00Z, not {text}",
        "--at veut un moment avec son fuseau, comme 2026-03-01T12:00:00Z, pas {text}",
    ),
    "unwritten": ("The listing could not be written: {why}", "La liste n’a pas pu être écrite : {why}"),
}


class Command(BaseCommand):
    help = (
        "Judges a snapshot, as `posture-agent collect` prints it, by one edition. Exit status: 0 fine, 10 something"
        " fails that must not, 2 wrong command line or no snapshot, 3 the listing could not be written."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a snapshot; - reads standard input")
        parser.add_argument("--edition", default=catalogue.OWN_EDITION, help="default: %(default)s")
        parser.add_argument("--format", choices=("bench", "json"), default="bench")
        parser.add_argument("--language", choices=LANGUAGES, default="en")
        parser.add_argument("--at", help="the moment to judge at; default: when it was observed")
        parser.add_argument(
            "--fail-on",
            choices=(*SEVERITIES, NEVER),
            default=Severity.HIGH.value,
            help="exit status 10 when a rule of this severity or worse fails or is unknown; default: %(default)s",
        )
        parser.add_argument(
            "--fail-under", type=score, metavar="SCORE", help="exit status 10 when the score is lower, 0 to 100"
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Without colours where the terminal or the person wants none, unless they are asked for."""
        options["no_color"] = options["no_color"] or (not options["force_color"] and is_plain(os.environ))
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        language = options["language"]
        found = catalogue.load()
        if options["edition"] not in found.editions:
            raise trouble("edition", language, name=options["edition"], others=", ".join(found.editions))
        snapshot = read_snapshot(options["file"], language)
        moment = read_moment(options["at"], language) if options["at"] else None
        assessed = assess(snapshot, found, edition=options["edition"], at=moment)
        if options["format"] == "json":
            self.show(json.dumps(document(assessed), ensure_ascii=False, indent=1), language)
        else:
            colour = (self.stdout.isatty() and not options["no_color"]) or options["force_color"]
            self.show("\n".join(listing(assessed, language=language, colour=colour)), language)
        if options["fail_on"] != NEVER and fails(assessed, options["fail_on"]):
            sys.exit(FAILED)
        if options["fail_under"] is not None and falls_short(assessed, options["fail_under"]):
            sys.exit(FAILED)

    def show(self, text: str, language: str) -> None:
        """Write it all now. Who stops reading misses lines and no verdict; a full disk is a trouble."""
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except OSError as error:
            # What is still in the buffer must not fail once more when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                raise trouble("unwritten", language, returncode=UNWRITTEN, why=error.strerror) from error


def is_plain(environment: Mapping[str, str]) -> bool:
    """Whether the person wants no colours, or the terminal knows none."""
    return bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"


def score(text: str) -> float:
    """A score; not a number would be lower than nothing, so that nothing ever failed."""
    value = float(text)
    if not 0 <= value <= 100:
        raise ValueError(text)
    return value


def trouble(word: str, language: str, *, returncode: int = USAGE, **values: object) -> CommandError:
    """One of WORDS as an error."""
    return CommandError(WORDS[word][LANGUAGES.index(language)].format(**values), returncode=returncode)


def read_snapshot(name: str, language: str = "en") -> Snapshot:
    """The snapshot of a file or of standard input. CommandError names what is wrong in it, and where."""
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            raw = file.read(MOST + 1)
    except OSError as error:
        raise trouble("unread", language, name=name, why=error.strerror) from error
    if len(raw) > MOST:
        raise trouble("large", language, name=name, most=MOST)
    try:
        return msgspec.json.decode(raw, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise trouble("wrong", language, name=name, why=error) from error


def read_moment(text: str, language: str) -> datetime:
    """A moment with its zone, as 2026-03-01T12:00:00+01:00."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise trouble("moment", language, text=text)
    return moment


def fails(assessed: Assessed, severity: str) -> bool:
    """Whether a rule of this severity or a worse one fails, or could not be judged."""
    worse = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return any(
        control.rule.severity.value in worse and control.status in (Status.FAIL, Status.UNKNOWN)
        for control in assessed.controls()
    )


def falls_short(assessed: Assessed, wanted: float) -> bool:
    """Whether the score is lower than wanted; one that could not be told is."""
    value = assessed.score.value
    return value is None or float(value) < wanted
