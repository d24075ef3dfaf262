"""All rules and editions, read once a process.

Rules: ``posture/rules/**/*.yaml``. Editions: ``posture/benchmarks/*.yaml``, each
``{id, title, publisher, released, controls_total, sections: [{number, title: {en, fr}, controls:
[{number, level, assessment: automated | manual, rule, parameters?}]}]}``; docs/rule-format.md says what each means.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from posture.evaluation.document import read
from posture.evaluation.edition import Edition, read_edition
from posture.evaluation.examples import check_rule
from posture.evaluation.rule import Rule
from posture.evaluation.rule_reader import read_rule
from posture.evaluation.trouble import DataError

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
EDITIONS = ROOT / "benchmarks"


@dataclass(frozen=True, slots=True)
class Catalogue:
    rules: Mapping[str, Rule]
    editions: Mapping[str, Edition]


@cache
def load() -> Catalogue:
    """The product's own catalogue. Raises DataError: a rule that is wrong stops the start."""
    return read_catalogue(RULES, EDITIONS)


def read_catalogue(rules: Path, editions: Path) -> Catalogue:
    """The catalogue of these directories."""
    by_id: dict[str, Rule] = {}
    for path in sorted(rules.rglob("*.yaml")):
        rule = load_rule(path)
        if rule.id in by_id:
            raise DataError("another rule has this id", key="id", path=path)
        by_id[rule.id] = rule
    return Catalogue(by_id, {path.stem: load_edition(path, by_id) for path in sorted(editions.glob("*.yaml"))})


def load_rule(path: Path) -> Rule:
    """One rule whose examples hold. Raises DataError with the path, or OSError."""
    try:
        rule = read_rule(read(path))
        if rule.id != path.stem:
            raise DataError(f"the id {rule.id} is not the file's name", key="id")
        check_rule(rule)
    except DataError as error:
        error.path = path
        raise
    return rule


def load_edition(path: Path, rules: Mapping[str, Rule]) -> Edition:
    """One edition whose rules and parameters are there. Raises DataError with the path, or OSError."""
    try:
        edition = read_edition(read(path), rules)
        if edition.id != path.stem:
            raise DataError(f"the id {edition.id} is not the file's name", key="id")
    except DataError as error:
        error.path = path
        raise
    return edition
