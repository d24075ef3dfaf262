"""Every step of every rule, rendered for an ordinary and for a hostile resource, is what it says it is."""

import json
import re
import subprocess
from collections.abc import Iterator

import pytest
import yaml

from posture.evaluation.catalogue import load
from posture.evaluation.rule import Rule, Via
from posture.facts.resource import Resource
from posture.facts.vocabulary import Kind
from posture.remediation.changes import CHANGES
from posture.remediation.encoding import printable
from posture.remediation.fix import FixStep, Language
from posture.remediation.plan import fix
from posture.remediation.tests.samples import CONTEXT, HOSTILE, composed, hostile_wire, of_kind, resource

RULES = load().rules


def resources(kind: Kind) -> Iterator[Resource]:
    if kind is Kind.CONTAINER:
        hostile = hostile_wire()
        yield resource()
        yield resource(SwarmTask=True)
        yield composed()
        yield resource(hostile)
        yield resource(hostile, SwarmTask=True)
        yield resource(hostile, ComposeService=HOSTILE, ComposeProject=HOSTILE)
    else:
        yield of_kind(kind, "shop/web:2")
        yield of_kind(kind, HOSTILE)
        yield of_kind(kind, f"/{HOSTILE}")


def steps(rule: Rule) -> list[FixStep]:
    return [step for one in resources(rule.subject) for step in fix(rule, one, CONTEXT).steps]


def check_shell(scripts: list[str]) -> None:
    for script in scripts:
        done = subprocess.run(["bash", "-n"], input=script.encode(), capture_output=True, check=False)
        assert not done.returncode, f"{done.stderr.decode()}\n{script}"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_steps_are_what_they_say(rule: Rule) -> None:
    rendered = steps(rule)
    check_shell(sorted({step.text for step in rendered if step.language is Language.SHELL}))
    check_shell(sorted({step.then for step in rendered}))
    for step in rendered:
        assert all(printable(line) for line in step.text.split("\n")), step.text
        if step.language is Language.YAML:
            assert isinstance(yaml.safe_load(step.text), dict)
        if step.language is Language.JSON:
            assert isinstance(json.loads(step.text), dict)
        assert set(step.note) in (set(), {"en", "fr"})


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_no_step_is_lost_on_an_ordinary_resource(rule: Rule) -> None:
    shown = {step.via for step in steps(rule)}
    assert shown == {step.via for step in rule.fix.steps}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_hostile_service_is_one_key_of_the_compose_file(rule: Rule) -> None:
    if rule.subject is not Kind.CONTAINER:
        return
    one = resource(hostile_wire(), ComposeService=HOSTILE, ComposeProject=HOSTILE)
    found = [step for step in fix(rule, one, CONTEXT).steps if step.via is Via.COMPOSE]
    for step in found:
        assert list(yaml.safe_load(step.text)["services"]) == [HOSTILE]


def test_every_rule_that_creates_anew_says_what_changes() -> None:
    naming = {rule.id for rule in RULES.values() for step in rule.fix.steps if "{run_command}" in step.text}
    assert naming == set(CHANGES)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_french_is_set_as_french(rule: Rule) -> None:
    words = [rule.title["fr"], rule.why["fr"], rule.evidence["fr"], rule.fix.breaks["fr"]]
    words += [condition.because["fr"] for condition in (rule.applies, rule.supported) if condition]
    words += [parameter.title["fr"] for parameter in rule.parameters.values()]
    for text in words:
        assert "'" not in text, text
        assert not re.search(r" [:;?!»]|« ", text), f"a no-break space is missing: {text}"
