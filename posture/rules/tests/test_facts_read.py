"""Every fact of the vocabulary is read by a rule, or docs/writing-a-rule.md says that none does and what it is for."""

import re
from pathlib import Path

from posture.evaluation.catalogue import EDITIONS, POLICIES, RULES, read_catalogue
from posture.evaluation.judge import compile_logic
from posture.facts.vocabulary import CONTEXT, FACTS

PAGE = Path(__file__).parents[3] / "docs" / "writing-a-rule.md"
HEADING = "## Facts that no rule of the product reads"
Facts = set[tuple[str, str]]  # kind or "context", name


def known() -> Facts:
    own = {(kind.value, name) for kind, facts in FACTS.items() for name in facts}
    return own | {("context", name) for name in CONTEXT}


def read_by_rules() -> Facts:
    found: Facts = set()
    for rule in read_catalogue(RULES, POLICIES, EDITIONS).rules.values():
        logic = compile_logic(rule, {})
        found |= {(rule.subject.value, name) for name in logic.reads} | {("context", name) for name in logic.around}
    return found


def documented() -> Facts:
    rows = re.findall(
        r"^\| ([a-z]+) \| ([^|]+) \|", PAGE.read_text(encoding="utf-8").partition(HEADING)[2], re.MULTILINE
    )
    return {(kind, name) for kind, names in rows for name in re.findall(r"`([^`]+)`", names)}


def test_the_page_names_exactly_what_no_rule_reads() -> None:
    assert documented() == known() - read_by_rules()
