"""docs/facts.md tells the vocabulary as it is."""

from collections.abc import Mapping
from pathlib import Path

from posture.facts.vocabulary import CONTEXT, FACTS, FactType

PAGE = Path(__file__).parents[3] / "docs" / "facts.md"


def tables() -> str:
    """The tables of the page, one a kind of resource."""
    parts = [("Context: every rule may read it", CONTEXT), *((kind.value.capitalize(), FACTS[kind]) for kind in FACTS)]
    return "\n".join(table(title, facts) for title, facts in parts)


def table(title: str, facts: Mapping[str, FactType]) -> str:
    rows = (f"| `{name}` | {described(fact)} | {fact.doc} |" for name, fact in facts.items())
    return "\n".join((f"### {title}", "", "| fact | type | meaning |", "|---|---|---|", *rows, ""))


def described(fact: FactType) -> str:
    more = ", ".join(fact.fields) or fact.unit
    return f"{fact.type.value} ({more})" if more else fact.type.value


def test_the_page_holds_every_fact() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert tables() in page, "write the tables of tables() into docs/facts.md"
