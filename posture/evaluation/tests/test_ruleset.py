"""Rulesets: content-addressed, self-contained, by the letter of an edition."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from posture.evaluation.catalogue import Catalogue, load
from posture.evaluation.evaluate import evaluate
from posture.evaluation.rule_form import rule_form, sha256
from posture.evaluation.ruleset import Parameters, RulesetError, build, from_json
from posture.facts.normalise import normalise
from posture.facts.tests.builders import container, snapshot

CATALOGUE = load()
MOMENT = datetime(2026, 1, 10, tzinfo=UTC)
AGE = {"image-recent": {"maximum_age_days": 30}}


def test_the_digest_covers_what_judges() -> None:
    plain = build(CATALOGUE, parameters={})
    assert plain.digest.startswith("sha256:")
    assert build(CATALOGUE, parameters={}).digest == plain.digest
    assert build(CATALOGUE, parameters=AGE).digest != plain.digest
    rule = CATALOGUE.rules["container-memory-limit"]
    other = replace(rule, digest="other")
    changed = replace(CATALOGUE, rules={**CATALOGUE.rules, rule.id: other})
    assert build(changed, parameters={}).digest != plain.digest


def test_it_is_read_back_as_it_was() -> None:
    ruleset = build(CATALOGUE, parameters=AGE)
    again = from_json(CATALOGUE, ruleset.to_json())
    assert again.digest == ruleset.digest
    assert again.to_json() == ruleset.to_json()
    assert json.loads(ruleset.to_json())["checks"]["image-recent"]["parameters"] == {"maximum_age_days": 30}
    # a database that keeps JSON keeps no order of keys
    shuffled = json.dumps(dict(reversed(json.loads(ruleset.to_json()).items())))
    assert from_json(CATALOGUE, shuffled).digest == ruleset.digest


def test_it_judges_as_it_did_when_rules_have_changed_or_gone() -> None:
    ruleset = build(CATALOGUE, parameters=AGE)
    facts = normalise(snapshot([container("web")]))
    again = from_json(Catalogue({}, {}, {}, {}), ruleset.to_json())
    assert again.digest == ruleset.digest
    one, other = (evaluate(facts, each, MOMENT, everything=True) for each in (ruleset, again))
    assert one.states == other.states
    assert one.verdicts == other.verdicts
    assert one.scores == other.scores


def test_rules_keep_their_digest_without_words() -> None:
    for rule in CATALOGUE.rules.values():
        assert sha256(rule_form(rule)) == rule.digest


def test_wrong_parameters_are_refused() -> None:
    wrong: list[Parameters] = [
        {"no-such-rule": {}},
        {"image-recent": {"no": 1}},
        {"image-recent": {"maximum_age_days": "x"}},
        {"image-recent": {"maximum_age_days": 10**20}},
    ]
    for parameters in wrong:
        with pytest.raises(RulesetError):
            build(CATALOGUE, parameters=parameters)


def test_another_evaluator_is_refused() -> None:
    content = json.loads(build(CATALOGUE, parameters={}).to_json())
    with pytest.raises(RulesetError, match="another version"):
        from_json(CATALOGUE, json.dumps({**content, "evaluator": 2}))
    content["forms"]["container-memory-limit"]["severity"] = "low"
    with pytest.raises(RulesetError, match="digest"):
        from_json(CATALOGUE, json.dumps(content))


def test_an_edition_is_judged_by_its_letter() -> None:
    edition = next(iter(CATALOGUE.editions.values()))
    section = edition.sections[0]
    control = replace(section.controls[0], number="9.9", rule="image-recent", parameters={"maximum_age_days": 10})
    strict = replace(edition, id="strict", sections=(replace(section, controls=(control,)),))
    catalogue = replace(CATALOGUE, editions={**CATALOGUE.editions, "strict": strict})
    ruleset = build(catalogue, parameters=AGE)
    assert ruleset.editions["strict"] == {"9.9": "image-recent~strict"}
    assert ruleset.checks["image-recent~strict"].parameters == {"maximum_age_days": 10}
    assert ruleset.checks["image-recent"].parameters == {"maximum_age_days": 30}


def test_every_check_is_asked_of_what_it_judges() -> None:
    ruleset = build(CATALOGUE, parameters=AGE)
    asked = {check.key for checks in ruleset.places.values() for check in checks}
    manual = {key for key, check in ruleset.checks.items() if check.logic.manual is not None}
    assert asked | manual == set(ruleset.checks)
    assert not (asked & manual)
    by_kind = [check.key for checks in ruleset.subjects.values() for check in checks]
    assert sorted(by_kind) == list(ruleset.checks)


def test_an_edition_counts_each_check_once_and_each_control() -> None:
    ruleset = build(CATALOGUE, parameters={})
    for edition, mapping in ruleset.editions.items():
        members = ruleset.members[edition].values()
        assert sorted(key for part in members for key in part) == sorted(set(mapping.values()))
        assert sum(times for part in members for times in part.values()) == len(mapping)
