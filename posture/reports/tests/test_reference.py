"""docs/rules.md and docs/rules.fr.md tell the catalogue as it is."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from posture.evaluation.catalogue import load
from posture.reports.management.commands.export_rules import PAGES, pages
from posture.reports.reference.naming import files_by_rule

DOCS = Path(settings.BASE_DIR) / "docs"


@pytest.mark.parametrize("name", PAGES.values())
def test_the_pages_are_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run manage.py export-rules"


@pytest.mark.parametrize("name", PAGES.values())
def test_every_rule_stands_there_once(name: str) -> None:
    headings = re.findall(r"^### ([a-z0-9-]+)$", pages()[name], re.MULTILINE)
    assert sorted(headings) == sorted(load().rules)


def test_the_counts_add_up() -> None:
    rows = [line.strip("| ").split(" | ") for line in pages()["rules.md"].splitlines() if line.startswith("| ")]
    totals = {row[0]: [int(cell) for cell in row[1:]] for row in rows if len(row) == 5 and row[1].isdigit()}
    assert {edition.title["en"]: edition.controls_total for edition in load().editions.values()} == {
        title: counts[0] for title, counts in totals.items()
    }
    for title, counts in totals.items():
        sections = [[int(cell) for cell in row[2:]] for row in rows if len(row) == 6 and row[0] == title]
        assert counts == [sum(column) for column in zip(*sections, strict=True)]
        assert counts[0] == sum(counts[1:])


def test_french_typography() -> None:
    page = pages()["rules.fr.md"]
    assert not re.search(r"(?m)(?<!\u00a0)[;!?»](?=\s)", re.sub(r"`[^`]*`|^\|.*$", "", page, flags=re.MULTILINE))
    assert "'" not in re.sub(r"`[^`]*`", "", page)


def test_a_test_is_named_by_the_whole_id(tmp_path: Path) -> None:
    folder = tmp_path / "posture" / "tests"
    folder.mkdir(parents=True)
    (folder / "test_one.py").write_text("container-memory-limit-too, 'image-small'")
    assert files_by_rule(tmp_path, ["container-memory-limit", "image-small"]) == {
        "image-small": ["posture/tests/test_one.py"]
    }
