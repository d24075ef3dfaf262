"""Writes agents/protocol.schema.json from the structures of posture/facts/wire."""

import json
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from posture.facts.wire.snapshot import CheckIn, Enrolment, Snapshot

TARGET = Path("agents/protocol.schema.json")


def protocol_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a snapshot; check-ins and enrolments are among its definitions."""
    (snapshot, *_), definitions = msgspec.json.schema_components(
        [Snapshot, CheckIn, Enrolment], ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What Posture agents send (protocol 1)",
        **snapshot,
        "$defs": definitions,
    }


def schema_text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(protocol_schema(), indent=1, sort_keys=True) + "\n"


class Command(BaseCommand):
    """``manage.py export_protocol``."""

    help = "Write the JSON schema of the agents' protocol."
    requires_system_checks: list[str] = []  # the schema needs neither database nor pages

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path(settings.BASE_DIR) / TARGET)

    def handle(self, *args: Any, **options: Any) -> None:
        options["output"].write_text(schema_text(), encoding="utf-8")
        self.stdout.write(f"{options['output']} written")
