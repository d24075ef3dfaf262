"""``manage.py assess FILE``: one snapshot judged on the spot, without server and database."""

import json
import sys
from argparse import ArgumentParser
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
FAILED, USAGE = 1, 2


class Command(BaseCommand):
    help = "Judges a snapshot, as `posture-agent collect` prints it, by one edition."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a snapshot; - reads standard input")
        parser.add_argument("--edition", default=catalogue.OWN_EDITION, help="default: %(default)s")
        parser.add_argument("--format", choices=("bench", "json"), default="bench")
        parser.add_argument("--language", choices=LANGUAGES, default="en")
        parser.add_argument("--at", help="the moment to judge at; default: when it was observed")
        parser.add_argument(
            "--fail-on", choices=SEVERITIES, help="exit status 1 when a rule of this severity or worse fails"
        )
        parser.add_argument("--fail-under", type=float, metavar="SCORE", help="exit status 1 when the score is lower")

    def handle(self, *args: Any, **options: Any) -> None:
        found = catalogue.load()
        if options["edition"] not in found.editions:
            raise CommandError(
                f"There is no edition {options['edition']}; there are {', '.join(found.editions)}.", returncode=USAGE
            )
        snapshot = read_snapshot(options["file"])
        moment = read_moment(options["at"]) if options["at"] else None
        assessed = assess(snapshot, found, edition=options["edition"], at=moment)
        if options["format"] == "json":
            self.stdout.write(json.dumps(document(assessed), ensure_ascii=False, indent=1))
        else:
            colour = (self.stdout.isatty() and not options["no_color"]) or options["force_color"]
            self.stdout.write("\n".join(listing(assessed, language=options["language"], colour=colour)))
        if options["fail_on"] and fails(assessed, options["fail_on"]):
            sys.exit(FAILED)
        if options["fail_under"] is not None and falls_short(assessed, options["fail_under"]):
            sys.exit(FAILED)


def read_snapshot(name: str) -> Snapshot:
    """The snapshot of a file or of standard input. CommandError names what is wrong in it, and where."""
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            raw = file.read(MOST + 1)
    except OSError as error:
        raise CommandError(f"{name} could not be read: {error.strerror}", returncode=USAGE) from error
    if len(raw) > MOST:
        raise CommandError(f"{name} has more than {MOST} bytes.", returncode=USAGE)
    try:
        return msgspec.json.decode(raw, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} is no snapshot of this protocol: {error}", returncode=USAGE) from error


def read_moment(text: str) -> datetime:
    """A moment with its zone, as 2026-03-01T12:00:00+01:00."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"--at wants a moment with its zone, as 2026-03-01T12:00:00Z, not {text}", returncode=USAGE)
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
