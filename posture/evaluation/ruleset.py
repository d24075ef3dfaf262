"""A ruleset: everything a verdict depends on besides the facts, with one digest."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from posture.evaluation.catalogue import Catalogue
from posture.evaluation.judge import Logic, compile_logic
from posture.evaluation.rule import ParameterValue, Rule
from posture.evaluation.rule_form import canonical, rule_form, rule_from_form, sha256
from posture.evaluation.verdict import WEIGHTS
from posture.facts.vocabulary import Kind

EVALUATOR_VERSION = 1  # raise it when the same rules over the same facts may give another verdict

Parameters = Mapping[str, Mapping[str, ParameterValue]]  # by rule id, by name
Place = tuple[Kind, str]  # what a check judges: a kind of resources, and of files a purpose


class RulesetError(ValueError):
    """A ruleset that cannot be built or read here."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with its parameters. ``key`` is the rule's id, or ``id~edition``."""

    key: str
    rule: Rule
    parameters: Mapping[str, ParameterValue]
    logic: Logic


@dataclass(frozen=True, slots=True)
class Ruleset:
    """``editions``: by edition id, the check of each control number. ``places``: the checks by what they judge,
    without manual ones. ``subjects``: all of them by kind. ``members``: the checks of an edition, by kind, each
    with how many controls it judges."""

    digest: str
    checks: Mapping[str, Check]
    editions: Mapping[str, Mapping[str, str]]
    places: Mapping[Place, tuple[Check, ...]] = field(repr=False)
    subjects: Mapping[Kind, tuple[Check, ...]] = field(repr=False)
    members: Mapping[str, Mapping[Kind, Mapping[str, int]]] = field(repr=False)

    def to_json(self) -> str:
        """Self-contained: a later product, whose rules have changed, still judges the same with it."""
        rules = {check.rule.id: rule_form(check.rule) for check in self.checks.values()}
        return canonical({**_content(self.checks, self.editions), "forms": rules})


def build(
    catalogue: Catalogue,
    *,
    parameters: Parameters,
    editions: Collection[str] | None = None,
    policies: Mapping[str, str] | None = None,
) -> Ruleset:
    """The ruleset of these editions (None: all) with the operator's parameters and choices (by policy).

    A parameter that an edition or a choice fixes goes before the operator's: a published edition is judged by its
    letter. A policy without a choice, or with one that is gone, takes its default. Raises RulesetError.
    """
    given = {rule: _accepted(catalogue, rule, values) for rule, values in parameters.items()}
    wanted: dict[str, tuple[Rule, Mapping[str, ParameterValue]]] = {}
    mappings: dict[str, dict[str, str]] = {}
    for edition in catalogue.editions.values():
        if editions is not None and edition.id not in editions:
            continue
        controls = mappings.setdefault(edition.id, {})
        for control in edition.controls():
            judged = control.judged_by(policies or {})
            if judged is None:
                continue
            rule, fixed = judged
            key = check_key(edition.id, rule, fixed)
            controls[control.number] = key
            wanted[key] = (catalogue.rules[rule], {**given.get(rule, {}), **fixed})
    return _ruleset({key: _check(key, rule, values) for key, (rule, values) in wanted.items()}, mappings)


def single(rule: Rule) -> Ruleset:
    """The ruleset of this rule alone, with its parameters' own values. Its one edition bears the rule's id."""
    return _ruleset({rule.id: _check(rule.id, rule, {})}, {rule.id: {rule.id: rule.id}})


def check_key(edition: str, rule: str, fixed: Mapping[str, ParameterValue]) -> str:
    """The key of the check by which an edition has a rule judged."""
    return f"{rule}~{edition}" if fixed else rule


def from_json(catalogue: Catalogue, text: str) -> Ruleset:
    """The ruleset that ``to_json`` wrote. Rules that changed since are judged as they were, in today's words.

    Raises RulesetError when another evaluator wrote it, or it is not what its digest says.
    """
    content = json.loads(text)
    if content["evaluator"] != EVALUATOR_VERSION or content["weights"] != _weights():
        raise RulesetError("this ruleset was made for another version of the evaluator")
    rules = {name: _kept(catalogue, form) for name, form in content["forms"].items()}
    checks = {
        key: _check(key, rules[value["rule"]], _read(rules[value["rule"]], value["parameters"]))
        for key, value in content["checks"].items()
    }
    ruleset = _ruleset(checks, content["editions"])
    if any(rules[name].digest != digest for name, digest in content["rules"].items()):
        raise RulesetError("a rule of this ruleset is not what its digest says")
    return ruleset


def _kept(catalogue: Catalogue, form: Mapping[str, Any]) -> Rule:
    today = catalogue.rules.get(form["id"])
    return today if today is not None and today.digest == sha256(form) else rule_from_form(form, today)


def _accepted(catalogue: Catalogue, rule_id: str, values: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    if rule_id not in catalogue.rules:
        raise RulesetError(f"there is no rule {rule_id}")
    return _read(catalogue.rules[rule_id], values)


def _read(rule: Rule, values: Mapping[str, Any]) -> dict[str, ParameterValue]:
    accepted: dict[str, ParameterValue] = {}
    for name, value in values.items():
        if name not in rule.parameters:
            raise RulesetError(f"the rule {rule.id} has no parameter {name}")
        try:
            accepted[name] = rule.parameters[name].accept(value)
        except ValueError as error:
            raise RulesetError(f"{rule.id}: {error}") from error
    return accepted


def _check(key: str, rule: Rule, given: Mapping[str, ParameterValue]) -> Check:
    values = {name: given.get(name, parameter.default) for name, parameter in rule.parameters.items()}
    try:
        return Check(key, rule, values, compile_logic(rule, values))
    except ValueError as error:
        raise RulesetError(f"{rule.id}: {error}") from error


def _ruleset(checks: Mapping[str, Check], editions: Mapping[str, Mapping[str, str]]) -> Ruleset:
    checks = dict(sorted(checks.items()))
    return Ruleset(
        digest="sha256:" + sha256(_content(checks, editions)),
        checks=checks,
        editions=editions,
        places=_by_place(check for check in checks.values() if check.logic.manual is None),
        subjects={kind: tuple(check for check in checks.values() if check.rule.subject is kind) for kind in Kind},
        members={edition: _members(checks, mapping) for edition, mapping in editions.items()},
    )


def _members(checks: Mapping[str, Check], mapping: Mapping[str, str]) -> Mapping[Kind, Mapping[str, int]]:
    return {kind: Counter(key for key in mapping.values() if checks[key].rule.subject is kind) for kind in Kind}


def _by_place(checks: Iterable[Check]) -> Mapping[Place, tuple[Check, ...]]:
    places: dict[Place, tuple[Check, ...]] = {}
    for check in checks:
        for purpose in check.rule.purposes or ("",):
            place = (check.rule.subject, purpose)
            places[place] = (*places.get(place, ()), check)
    return places


def _content(checks: Mapping[str, Check], editions: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What the digest covers."""
    return {
        "evaluator": EVALUATOR_VERSION,
        "weights": _weights(),
        "rules": {check.rule.id: check.rule.digest for check in checks.values()},
        "checks": {key: {"rule": check.rule.id, "parameters": dict(check.parameters)} for key, check in checks.items()},
        "editions": editions,
    }


def _weights() -> dict[str, int]:
    return {severity.value: weight for severity, weight in WEIGHTS.items()}
