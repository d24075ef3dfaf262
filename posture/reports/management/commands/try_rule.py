"""``manage.py try-rule FILE``: what a rule would say on recorded facts, before it is switched on. It writes nothing."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from posture.evaluation import catalogue
from posture.evaluation.rule import LANGUAGES, Rule
from posture.evaluation.trial import trial_of, verdicts_of
from posture.evaluation.trouble import DataError
from posture.facts.normalise import normalise
from posture.facts.wire.snapshot import Snapshot
from posture.fleet.services.observed import latest_snapshots
from posture.reports.listing.trial import fleet_lines, host_lines
from posture.reports.management.commands.assess import read_snapshot
from posture.reports.management.commands.report import find_group, find_host


class Command(BaseCommand):
    help = "Says what a rule's file would say on the facts of the fleet; exit status 1 when the rule is wrong."
    requires_system_checks: list[str] = []  # with --facts it needs no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the rule; one whose name begins with site- is a site's own")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--host", help="name or id of a host: what it would say about each of its resources")
        where.add_argument("--facts", help="a snapshot as `posture-agent collect` prints it; - reads standard input")
        where.add_argument("--group", help="name of a group; those below it count too")
        parser.add_argument("--language", choices=LANGUAGES, default="en")

    def handle(self, *args: Any, **options: Any) -> None:
        rule = read_rule(options["file"])
        for line in self.lines(rule, options):
            self.stdout.write(line)

    def lines(self, rule: Rule, options: dict[str, Any]) -> Iterator[str]:
        """What to print."""
        now, language = timezone.now(), options["language"]
        if options["facts"] or options["host"]:
            snapshot = read_snapshot(options["facts"]) if options["facts"] else latest_of(options["host"])
            facts = normalise(snapshot)
            return host_lines(rule, facts, verdicts_of(rule, facts, now), language)
        group = find_group(options["group"]).pk if options["group"] else None
        trial = trial_of(rule)
        for name, one in latest_snapshots(group=group):
            trial.add(name, None if one is None else normalise(one), now)
        return fleet_lines(rule, trial, language)


def read_rule(path: Path) -> Rule:
    """The rule, through the door that all rules go through. CommandError names file, line and field of a mistake."""
    try:
        return catalogue.read_candidate(path)
    except DataError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{path} could not be read: {error.strerror}") from error


def latest_of(host: str) -> Snapshot:
    """The last snapshot of the one host of this name or id."""
    for _name, snapshot in latest_snapshots(host=find_host(host).pk):
        if snapshot is not None:
            return snapshot
    raise CommandError(f"{host} has not reported yet.")
