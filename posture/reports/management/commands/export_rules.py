"""Writes docs/rules.md and docs/rules.fr.md from the catalogue."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from posture.evaluation import catalogue
from posture.reports.reference.naming import files_by_rule
from posture.reports.reference.page import page

PAGES = {"en": "rules.md", "fr": "rules.fr.md"}


class Command(BaseCommand):
    """``manage.py export-rules``."""

    help = "Write the reference pages of all rules."
    requires_system_checks: list[str] = []  # the pages need no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "docs")

    def handle(self, *args: Any, **options: Any) -> None:
        for name, text in pages().items():
            (options["folder"] / name).write_text(text, encoding="utf-8")
            self.stdout.write(f"{options['folder'] / name} written")


def pages() -> dict[str, str]:
    """The pages by their names, of the product's own rules: a site's are its own."""
    own = catalogue.read_catalogue(catalogue.RULES, catalogue.POLICIES, catalogue.EDITIONS)
    tests = files_by_rule(Path(settings.BASE_DIR), own.rules)
    return {name: page(own, tests, language) for language, name in PAGES.items()}
