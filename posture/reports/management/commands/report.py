"""``manage.py report``: a compliance PDF from the command line."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from posture.fleet.models import Group, Host, Report, ReportState
from posture.fleet.queries.report import find_hosts
from posture.fleet.services.audit import COMMAND_LINE
from posture.reports.gather import UnknownEdition
from posture.reports.making import produce_report, request_report


class Command(BaseCommand):
    help = "Writes the compliance report of a host or a group as a PDF."

    def add_arguments(self, parser: ArgumentParser) -> None:
        subject = parser.add_mutually_exclusive_group(required=True)
        subject.add_argument("--host", help="name or id of a host")
        subject.add_argument("--group", help="name of a group")
        parser.add_argument("--edition", help="id of an edition; default: the group's own")
        parser.add_argument("--as-of", help="a moment of the past: 2026-03-01 or 2026-03-01T12:00+01:00; default: now")
        parser.add_argument("--language", choices=("en", "fr"), default="en")
        parser.add_argument("--output", required=True, type=Path, help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        subject = find_group(options["group"]) if options["group"] else find_host(options["host"])
        group = subject if isinstance(subject, Group) else subject.group
        try:
            report = request_report(
                subject=subject,
                edition=options["edition"] or group.primary_edition,
                as_of=read_moment(options["as_of"]) if options["as_of"] else timezone.now(),
                language=options["language"],
                actor=COMMAND_LINE,
            )
        except UnknownEdition as error:
            raise CommandError(str(error)) from error
        produce_report(report=report.pk)
        self.deliver(report, options["output"])

    def deliver(self, report: Report, output: Path) -> None:
        """Write the file, or say why there is none."""
        report.refresh_from_db()
        if report.state != ReportState.DONE or report.body is None:
            raise CommandError(report.problem)
        try:
            output.write_bytes(bytes(report.body))
        except OSError as error:
            raise CommandError(f"{output} could not be written: {error.strerror}") from error
        self.stdout.write(f"{output}: {report.size} bytes, {report.digest}")


def find_host(name: str) -> Host:
    """The one host of this name or id."""
    found = find_hosts(name=name)
    if len(found) > 1:
        raise CommandError(f"{len(found)} hosts are called {name}; use one of their ids: {[str(h.pk) for h in found]}")
    if not found:
        raise CommandError(f"There is no host {name}.")
    return found[0]


def find_group(name: str) -> Group:
    found = Group.objects.filter(name=name).order_by("pk").first()
    if found is None:
        raise CommandError(f"There is no group {name}.")
    return found


def read_moment(text: str) -> datetime:
    """A moment, or the end of a day, in the server's zone where it names none."""
    try:
        moment = parse_datetime(text) if "T" in text or " " in text else None
        day = parse_date(text) if moment is None else None
    except ValueError as error:
        raise CommandError(f"{text} is no moment: {error}.") from error
    if moment is None and day is not None:
        moment = datetime(day.year, day.month, day.day, 23, 59, 59)
    if moment is None:
        raise CommandError(f"{text} is no moment; write 2026-03-01 or 2026-03-01T12:00+01:00.")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
