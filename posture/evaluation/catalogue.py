"""All rules, policies and editions, read once a process.

Rules: ``posture/rules/**/*.yaml``. Policies: ``posture/policies/*.yaml``. Editions: ``posture/benchmarks/*.yaml``.
A site's own rules: ``*.yaml`` of the folder that ``use_site`` names. docs/rule-format.md says what each may hold.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from posture.evaluation.counterparts import Counterparts, counterparts_of
from posture.evaluation.document import Located, read
from posture.evaluation.edition import Edition, read_edition
from posture.evaluation.examples import check_rule
from posture.evaluation.policy import Policy, read_policy
from posture.evaluation.rule import Rule
from posture.evaluation.rule_reader import read_rule
from posture.evaluation.site import SITE_PREFIX, check_site_rule, complete_words, with_site_section
from posture.evaluation.trouble import DataError

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
POLICIES = ROOT / "policies"
EDITIONS = ROOT / "benchmarks"
OWN_EDITION = "posture"  # today's best practice: the only one in which policies act, and the home of a site's rules

T = TypeVar("T", Edition, Policy, Rule)
_site: list[Path] = []  # at most one folder; a process names it once, before it loads


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``counterparts``: by edition and number, the controls of other editions about the same matter."""

    rules: Mapping[str, Rule]
    policies: Mapping[str, Policy]
    editions: Mapping[str, Edition]
    counterparts: Counterparts


def use_site(folder: Path | None) -> None:
    """Names the folder of the site's own rules. What was loaded before is forgotten."""
    _site[:] = [] if folder is None else [folder]
    load.cache_clear()


@cache
def load() -> Catalogue:
    """The product's own catalogue and the site's rules. Raises DataError: a rule that is wrong stops the start."""
    return read_catalogue(RULES, POLICIES, EDITIONS, site=_site[0] if _site else None)


def read_catalogue(rules: Path, policies: Path, editions: Path, *, site: Path | None = None) -> Catalogue:
    """The catalogue of these directories."""
    by_id = _unique(load_rule(path) for path in sorted(rules.rglob("*.yaml")))
    own = load_site(site, by_id) if site is not None else []
    for rule in by_id.values():
        _check_related(rule, by_id)
    choices = _unique(
        _named(path, lambda source: read_policy(source, by_id)) for path in sorted(policies.glob("*.yaml"))
    )
    found = {path.stem: load_edition(path, by_id, choices) for path in sorted(editions.glob("*.yaml"))}
    if own and OWN_EDITION in found:
        found[OWN_EDITION] = with_site_section(found[OWN_EDITION], own)
    all_rules = {**by_id, **{rule.id: rule for rule in own}}
    return Catalogue(all_rules, choices, found, counterparts_of(found, all_rules))


def load_site(folder: Path, known: Mapping[str, Rule]) -> list[Rule]:
    """The rules of a site's folder, in the order of their files. Raises DataError with the path, or OSError."""
    rules = _unique(load_rule(path, site=True) for path in sorted(folder.glob("*.yaml")))
    for rule in rules.values():
        _check_related(rule, {**known, **rules})
    return list(rules.values())


def read_candidate(path: Path) -> Rule:
    """A rule that may be added to the catalogue: through the door of a site's rules when its file's name begins with
    ``site-``. Raises DataError with the path, or OSError."""
    rule = load_rule(path, site=path.stem.startswith(SITE_PREFIX))
    try:
        _check_related(rule, load().rules)
    except DataError as error:
        error.path = path
        raise
    return rule


def load_rule(path: Path, *, site: bool = False) -> Rule:
    """One rule whose examples hold. Raises DataError with the path, or OSError.

    A site's rule may speak one language, and its id begins with ``site-``.
    """
    rule = _named(path, lambda source: read_rule(complete_words(source) if site else source))
    try:
        if site:
            check_site_rule(rule)
        elif rule.id.startswith(SITE_PREFIX):
            raise DataError(f"only a site's own rules begin with {SITE_PREFIX}", key="id")
        check_rule(rule)
    except DataError as error:
        error.path = path
        raise
    return rule


def load_edition(path: Path, rules: Mapping[str, Rule], policies: Mapping[str, Policy]) -> Edition:
    """One edition whose rules and parameters are there. Raises DataError with the path, or OSError."""
    return _named(path, lambda source: read_edition(source, rules, policies))


def _named(path: Path, reader: Callable[[Located], T]) -> T:
    """What the reader makes of the file, which must bear its id."""
    try:
        found = reader(read(path))
        if found.id != path.stem:
            raise DataError(f"the id {found.id} is not the file's name", key="id")
    except DataError as error:
        error.path = path
        raise
    return found


def _unique(found: Iterator[T]) -> dict[str, T]:
    """By id. Files of one folder have different names; those of two folders may not share one."""
    by_id: dict[str, T] = {}
    for one in found:
        if one.id in by_id:
            raise DataError(f"another one has the id {one.id}", key="id")
        by_id[one.id] = one
    return by_id


def _check_related(rule: Rule, rules: Mapping[str, Rule]) -> None:
    unknown = [other for other in rule.related if other not in rules or other == rule.id]
    if unknown:
        raise DataError(f"{rule.id} names rules that are not there: {', '.join(unknown)}", key="related")
