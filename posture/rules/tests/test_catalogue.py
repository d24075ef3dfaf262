"""The shipped catalogue is complete: every control has its rule, severity and way of being judged."""

import pytest

from posture.evaluation import catalogue
from posture.evaluation.edition import Control, Edition
from posture.evaluation.rule import Rule
from posture.evaluation.verdict import Severity

RULES = catalogue.load().rules
EDITION = catalogue.load().editions["cis-docker-1.6.0"]

# By hand from the reference table. What is in none of these is medium.
CRITICAL = {"2.7", "4.10", "5.5", "5.6", "5.32"}
HIGH = {
    *("2.5", "2.9", "2.17", "4.1", "4.4"),
    *("5.2", "5.3", "5.4", "5.10", "5.16", "5.18", "5.20", "5.22", "5.26", "5.31"),
}
LOW = {
    *("2.1", "2.3", "2.6", "2.8", "2.10", "2.11", "2.16", "2.18", "4.3", "4.5", "4.6", "4.7", "4.9"),
    *("5.8", "5.12", "5.15", "5.19", "5.21", "5.24", "5.25", "5.27", "6.1", "6.2"),
}
LEVEL_2 = {
    *("2.9", "2.10", "2.11", "2.12", "2.13", "2.17", "4.5", "4.8", "4.11"),
    *("5.3", "5.23", "5.24", "5.30"),
}
MANUAL_UNTIL_GIVEN = {"4.2", "4.3", "4.4", "5.9", "5.23", "5.28", "6.1", "6.2"}
SUBJECTS = {"4.1": "container", "4.5": "host", "5.1": "daemon", "6.1": "daemon", "6.2": "daemon"}
SUBJECT_OF_SECTION = {"2": "daemon", "4": "image", "5": "container", "6": "daemon"}


def controls(edition: Edition) -> dict[str, Control]:
    return {control.number: control for control in edition.controls()}


def by_number() -> dict[str, Rule]:
    return {number: RULES[control.rule] for number, control in controls(EDITION).items()}


def severity(number: str) -> Severity:
    if number in CRITICAL:
        return Severity.CRITICAL
    if number in HIGH:
        return Severity.HIGH
    return Severity.LOW if number in LOW else Severity.MEDIUM


def test_the_four_sections_are_whole() -> None:
    counts = {section.number: [control.number for control in section.controls] for section in EDITION.sections}
    assert counts == {
        section: [f"{section}.{position}" for position in range(1, length + 1)]
        for section, length in (("2", 18), ("4", 12), ("5", 32), ("6", 2))
    }
    assert EDITION.controls_total == 117


def test_every_rule_stands_once_in_the_edition_and_names_its_control() -> None:
    rules = [control.rule for control in EDITION.controls()]
    assert sorted(rules) == sorted(RULES)
    for number, rule in by_number().items():
        assert f"CIS Docker 1.6.0: {number}" in rule.references, rule.id


def test_levels_and_assessments_are_the_publishers() -> None:
    found = controls(EDITION)
    assert {number for number, control in found.items() if control.level == "L2"} == LEVEL_2
    assert {number for number, control in found.items() if control.level not in ("L1", "L2")} == {"5.1"}
    assert {control.assessment.value for control in found.values()} == {"manual"}


def test_severities() -> None:
    assert {number: rule.severity for number, rule in by_number().items()} == {
        number: severity(number) for number in controls(EDITION)
    }


def test_subjects() -> None:
    for number, rule in by_number().items():
        assert rule.subject.value == SUBJECTS.get(number, SUBJECT_OF_SECTION[number.split(".")[0]]), rule.id
        assert rule.id.startswith(f"{rule.subject.value}-")


def test_few_controls_need_a_person() -> None:
    """Only 4.12 is manual for good; of exec sessions, the engine forgets who they were (5.24)."""
    found = by_number()
    assert {number for number, rule in found.items() if rule.manual is True} == {"4.12", "5.24"}
    assert {number for number, rule in found.items() if isinstance(rule.manual, str)} == MANUAL_UNTIL_GIVEN


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_parameter_is_shown_at_work(rule: Rule) -> None:
    shown = {name for example in rule.examples for name in example.parameters}
    assert shown == set(rule.parameters)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_what_makes_a_rule_not_apply_has_an_example(rule: Rule) -> None:
    statuses = {example.status.value for example in rule.examples}
    reasons = {example.reason.value for example in rule.examples if example.reason}
    assert ("not_applicable" in statuses) == (rule.applies is not None)
    assert ("unsupported_by_kernel" in reasons) == (rule.supported is not None)
    assert ("manual" in statuses) == (rule.manual is not False)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_an_image_is_rebuilt_and_a_daemon_never_recreated(rule: Rule) -> None:
    """The effect fits the subject: fixing a daemon does not re-create a container, and the other way round."""
    allowed = {
        "daemon": {"live", "restart", "host"},
        "image": {"rebuild", "recreate", "none"},
        "container": {"live", "recreate", "rebuild", "restart", "none"},
        "host": {"host"},
    }
    assert rule.fix.effect.value in allowed[rule.subject.value]
