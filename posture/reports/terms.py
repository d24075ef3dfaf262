"""By what the hosts of a report were judged: the choice of each policy, the value of each parameter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from posture.evaluation.edition import Control as Entry
from posture.evaluation.edition import Edition
from posture.evaluation.policy import Choice, Policy
from posture.evaluation.rule import ParameterValue, Rule, Words
from posture.evaluation.ruleset import Check, Ruleset, check_key
from posture.fleet.services.rulesets import read_ruleset
from posture.reports.content import Term
from posture.reports.fixes import say

Identity = tuple[str, ParameterValue, str]  # what a clause is about, its value, its origin


@dataclass(frozen=True, slots=True)
class Clause:
    """One term of one control. ``key`` tells apart what one title may stand for."""

    key: str
    title: Words
    value: ParameterValue | Words
    origin: str


def gather_terms(edition: Edition, *, hosts: Mapping[int, int], language: str) -> tuple[Term, ...]:
    """The terms of an edition in the order of its controls. ``hosts``: how many were judged by each ruleset (row).

    A ruleset that this product can no longer follow says nothing.
    """
    found: dict[Identity, tuple[Clause, list[str], int]] = {}
    rulesets = [(ruleset, count) for row, count in hosts.items() if (ruleset := read_ruleset(row))]
    for entry in edition.controls():
        met: dict[Identity, int] = {}
        for ruleset, count in rulesets:
            for clause in clauses_of(edition, entry, ruleset):
                identity = (clause.key, shown(clause, language), clause.origin)
                met[identity] = met.get(identity, 0) + count
                found.setdefault(identity, (clause, [], 0))
        for identity, count in met.items():
            clause, numbers, _count = found[identity]
            found[identity] = (clause, [*numbers, entry.number], count)
    return tuple(
        Term(tuple(numbers), say(clause.title, language), shown(clause, language), clause.origin, count,
             isinstance(clause.value, Mapping))
        for clause, numbers, count in found.values()
    )  # fmt: skip


def shown(clause: Clause, language: str) -> ParameterValue:
    """The words of a choice, or the value as it is."""
    return say(clause.value, language) if isinstance(clause.value, Mapping) else clause.value


def clauses_of(edition: Edition, entry: Entry, ruleset: Ruleset) -> Iterator[Clause]:
    """What one ruleset says of one control: its policy's choice first."""
    key = ruleset.editions.get(edition.id, {}).get(entry.number)
    check = None if key is None else ruleset.checks[key]
    fixed = entry.parameters
    if entry.policy is not None:
        choice = chosen(entry.policy, edition.id, check)
        fixed = {} if choice is None else choice.parameters
        yield clause_of_policy(entry.policy, choice, check)
    if check is None:
        return
    for name, parameter in check.rule.parameters.items():
        value = check.parameters[name]
        origin = origin_of(entry, check.rule, name, value, fixed)
        yield Clause(f"{check.rule.id}.{name}", parameter.title, value, origin)


def chosen(policy: Policy, edition: str, check: Check | None) -> Choice | None:
    """The choice that leads to this check (None: to nothing), the default before others; None when it is gone."""
    for choice in sorted(policy.choices.values(), key=lambda choice: choice.id != policy.default):
        if choice.rule is None or check is None:
            if choice.rule is None and check is None:
                return choice
        elif check.key == check_key(edition, choice.rule, choice.parameters) and all(
            check.parameters.get(name) == value for name, value in choice.parameters.items()
        ):
            return choice
    return None


def clause_of_policy(policy: Policy, choice: Choice | None, check: Check | None) -> Clause:
    """A choice that is gone is told by the rule that it led to."""
    nothing = dict.fromkeys(policy.title, "–")
    words = choice.title if choice else check.rule.title if check else nothing
    origin = "default" if choice and choice.id == policy.default else "set"
    return Clause(policy.id, policy.title, words, origin)


def origin_of(entry: Entry, rule: Rule, name: str, value: ParameterValue, fixed: Mapping[str, ParameterValue]) -> str:
    """Who decided a parameter's value."""
    if name in fixed:
        return "choice" if entry.policy else "edition"
    return "default" if value == rule.parameters[name].default else "set"
