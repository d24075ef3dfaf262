"""``manage.py bench agent|agreement|chaos|ingest|rules``: measures what the README and docs/benchmarks.md claim."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.fleet.management.benches import agent, agreement, chaos, ingest, rules

BENCHES = {"agent": agent, "agreement": agreement, "chaos": chaos, "ingest": ingest, "rules": rules}


class Command(BaseCommand):
    """Runs one bench and prints its lines as they come."""

    help = "Measure the product."
    requires_system_checks: list[str] = []  # a bench brings what it needs

    def add_arguments(self, parser: CommandParser) -> None:
        benches = parser.add_subparsers(dest="bench", required=True)
        for name, module in BENCHES.items():
            module.add_arguments(benches.add_parser(name, help=(module.__doc__ or "").splitlines()[0]))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in BENCHES[options["bench"]].run(options):
                self.stdout.write(line)
        except RuntimeError as error:
            raise CommandError(str(error)) from None
