"""The shipped catalogue is complete: every control has its rule, and every rule its place, examples and words."""

from collections import Counter

import pytest

from posture.evaluation import catalogue
from posture.evaluation.edition import Control
from posture.evaluation.judge import compile_logic, judge
from posture.evaluation.predicate import View
from posture.evaluation.rule import LANGUAGES, ParameterValue, Rule, Words
from posture.evaluation.verdict import Severity, Status
from posture.rules.tests.published import Published, read_published

CATALOGUE = catalogue.load()
RULES = CATALOGUE.rules
PUBLISHED = read_published()
CIS = ("cis-docker-1.6.0", "cis-docker-1.7.0", "cis-docker-1.8.0", "cis-docker-1.11.0")
EVERY_EDITION = pytest.mark.parametrize("edition", CIS)
EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))

# By hand: how many controls each section has.
SECTIONS = {
    "cis-docker-1.6.0": {"1": 20, "2": 18, "3": 24, "4": 12, "5": 32, "6": 2, "7": 9},
    "cis-docker-1.7.0": {"1": 20, "2": 18, "3": 24, "4": 12, "5": 32, "6": 2, "7": 9},
    "cis-docker-1.8.0": {"1": 20, "2": 19, "3": 24, "4": 12, "5": 32, "6": 2, "7": 9},
    "cis-docker-1.11.0": {"1": 15, "2": 13, "3": 20, "4": 5, "5": 25, "6": 5},
}
TOTALS = {"cis-docker-1.6.0": 117, "cis-docker-1.7.0": 117, "cis-docker-1.8.0": 118, "cis-docker-1.11.0": 83}
AUTOMATED = {"cis-docker-1.6.0": 21, "cis-docker-1.7.0": 23, "cis-docker-1.8.0": 23, "cis-docker-1.11.0": 69}

# By hand, by number in 1.6.0. What is in none of these is medium.
CRITICAL = {"2.7", "3.16", "4.10", "5.5", "5.6", "5.32"}
HIGH = {
    *("1.1.2", "1.2.2", "2.5", "2.9", "2.17", "3.13", "3.14", "3.15", "3.23", "3.24", "4.1", "4.4"),
    *("5.2", "5.3", "5.4", "5.10", "5.16", "5.18", "5.20", "5.22", "5.26", "5.31", "7.3"),
}
LOW = {
    *("1.1.4", "1.1.5", "1.1.7", "1.1.8", "1.1.9", "1.1.10", "1.1.12", "1.1.13"),
    *("1.1.14", "1.1.15", "1.1.16", "1.1.17", "1.1.18"),
    *("2.1", "2.3", "2.6", "2.8", "2.10", "2.11", "2.16", "2.18", "4.3", "4.5", "4.6", "4.7", "4.9"),
    *("5.8", "5.12", "5.15", "5.19", "5.21", "5.24", "5.25", "5.27", "6.1", "6.2", "7.6", "7.7", "7.8", "7.9"),
}
SUBJECT_OF_SECTION = {
    **{"1": "file", "2": "daemon", "3": "file", "4": "image"},
    **{"5": "container", "6": "daemon", "7": "swarm"},
}
SUBJECTS = {
    **dict.fromkeys(("1.1.1", "1.2.2", "5.1"), "daemon"),
    **dict.fromkeys(("1.1.2", "1.2.1", "4.5"), "host"),
    **{"4.1": "container", "7.3": "network"},
}
MANUAL = {"1.2.1", "4.12", "7.6", "7.9"}  # for good
MANUAL_UNTIL_GIVEN = {"4.2", "4.3", "5.9", "5.23", "5.24", "5.28", "6.1", "6.2"}
# What the letter of 2016 wants otherwise than our rules by themselves.
LETTER_OF_2016 = {
    "1.2": {"minimum": "3.10"},
    "1.4": {"maximum": 5},
    "1.5": {"minimum": "1.11.1"},
    "5.3": {"net_raw_allowed": True},
    "5.14": {"maximum": 5},
}
EFFECTS = {
    "daemon": {"live", "restart", "host"},
    "image": {"rebuild", "recreate", "none"},
    "container": {"live", "recreate", "rebuild", "restart", "none"},
    "host": {"host"},
    "file": {"host"},
    "network": {"recreate", "live"},
    "swarm": {"live", "host", "none"},
}


def controls(edition: str) -> dict[str, Control]:
    return {control.number: control for control in CATALOGUE.editions[edition].controls()}


def judging(edition: str, number: str) -> Rule:
    """The rule of a control that has one."""
    rule = controls(edition)[number].rule
    assert rule is not None
    return RULES[rule]


def by_number() -> dict[str, Rule]:
    return {number: judging("cis-docker-1.6.0", number) for number in controls("cis-docker-1.6.0")}


def severity(number: str) -> Severity:
    if number in CRITICAL:
        return Severity.CRITICAL
    if number in HIGH:
        return Severity.HIGH
    return Severity.LOW if number in LOW else Severity.MEDIUM


@EVERY_EDITION
def test_every_published_control_is_there_with_its_level_and_assessment(edition: str) -> None:
    found = {
        number: Published(number, control.level, control.assessment.value)
        for number, control in controls(edition).items()
    }
    assert found == {matter[edition].number: matter[edition] for matter in PUBLISHED if edition in matter}


@EVERY_EDITION
def test_sections_hold_as_many_controls_as_the_publisher_counts(edition: str) -> None:
    sections = CATALOGUE.editions[edition].sections
    assert {section.number: len(section.controls) for section in sections} == SECTIONS[edition]
    assert all(one.number.startswith(f"{section.number}.") for section in sections for one in section.controls)
    found = controls(edition)
    assert len(found) == CATALOGUE.editions[edition].controls_total == TOTALS[edition]
    assessments = Counter(control.assessment.value for control in found.values())
    assert assessments["automated"] == AUTOMATED[edition]


@EVERY_EDITION
def test_numbers_stand_in_their_order(edition: str) -> None:
    numbers = [tuple(map(int, number.split("."))) for number in controls(edition)]
    assert numbers == sorted(numbers)


@EVERY_EDITION
def test_a_rule_names_the_controls_it_judges(edition: str) -> None:
    name = f"CIS Docker {edition.removeprefix('cis-docker-')}"
    for number in controls(edition):
        rule = judging(edition, number)
        named = {text for text in rule.references if text.startswith(f"{name}:")}
        assert named == {f"{name}: {number}"}, rule.id


@EVERY_RULE
def test_what_a_rule_names_of_cis_is_there(rule: Rule) -> None:
    """A rule that only a policy uses may name the control that it goes beyond or against."""
    for text in rule.references:
        if text.startswith("CIS Docker"):
            name, number = text.removeprefix("CIS Docker ").split(": ")
            assert number in controls(f"cis-docker-{name}"), text


def test_one_matter_is_a_counterpart_across_the_editions() -> None:
    for matter in PUBLISHED:
        places = {(edition, control.number) for edition, control in matter.items()}
        for place in places:
            others = set(CATALOGUE.counterparts[place])
            assert places - {place} <= others, place


def test_other_matters_are_no_counterparts_within_cis() -> None:
    """Nothing is called a counterpart that the publisher did not mean so."""
    same = {
        (edition, control.number): {(other, one.number) for other, one in matter.items()}
        for matter in PUBLISHED
        for edition, control in matter.items()
    }
    beyond = {
        (place, other)
        for place, others in CATALOGUE.counterparts.items()
        for other in others
        if place in same and other in same and other not in same[place]
    }
    assert beyond == set()


def test_the_renumbered_daemon_section() -> None:
    """1.8.0 puts a control in between, so that everything after it moves by one."""
    for position in range(7, 19):
        assert judging("cis-docker-1.8.0", f"2.{position + 1}") is judging("cis-docker-1.6.0", f"2.{position}")


def test_the_letter_of_2016() -> None:
    given = {number: dict(control.parameters) for number, control in controls("cis-docker-1.11.0").items()}
    assert {number: values for number, values in given.items() if values} == LETTER_OF_2016
    assert judging("cis-docker-1.11.0", "5.11").id == "container-cpu-weight"  # shares alone, no cap


@pytest.mark.parametrize("edition", CIS[:3])
def test_an_unencrypted_ingress_network_is_never_excused(edition: str) -> None:
    given = {number: dict(control.parameters) for number, control in controls(edition).items() if control.parameters}
    assert given == {"7.3": {"plain_ingress_accepted": False}}


def test_no_rule_is_an_orphan() -> None:
    judged = {rule for edition in CATALOGUE.editions.values() for one in edition.controls() for rule in one.rules()}
    assert sorted(set(RULES) - judged) == []


def test_severities() -> None:
    assert {number: rule.severity for number, rule in by_number().items()} == {
        number: severity(number) for number in by_number()
    }


def test_subjects() -> None:
    for number, rule in by_number().items():
        assert rule.subject.value == SUBJECTS.get(number, SUBJECT_OF_SECTION[number.split(".")[0]]), rule.id


@EVERY_RULE
def test_an_id_begins_with_its_subject(rule: Rule) -> None:
    assert rule.id.startswith(f"{rule.subject.value}-")


def test_few_controls_need_a_person() -> None:
    """An engine does not say when its unlock key changed (7.6), nor which address takes data (7.9)."""
    found = by_number()
    assert {number for number, rule in found.items() if rule.manual is True} == MANUAL
    assert {number for number, rule in found.items() if isinstance(rule.manual, str)} == MANUAL_UNTIL_GIVEN


@EVERY_RULE
def test_an_automated_rule_shows_what_passes_fails_and_cannot_be_known(rule: Rule) -> None:
    shown = {example.status for example in rule.examples}
    assert shown >= ({Status.MANUAL} if rule.manual is True else {Status.PASS, Status.FAIL, Status.UNKNOWN})


@EVERY_RULE
def test_with_nothing_seen_an_automated_rule_is_unknown(rule: Rule) -> None:
    given = next((example for example in rule.examples if example.status is Status.PASS), None)
    if given is None:
        assert rule.manual is True
        return
    logic = compile_logic(rule, {**_defaults(rule), **given.parameters})
    assert judge(logic, View({}, {}, given.at)).status is Status.UNKNOWN


def _defaults(rule: Rule) -> dict[str, ParameterValue]:
    return {name: parameter.default for name, parameter in rule.parameters.items()}


@EVERY_RULE
def test_a_parameter_is_shown_at_work(rule: Rule) -> None:
    shown = {name for example in rule.examples for name in example.parameters}
    assert shown == set(rule.parameters)


@EVERY_RULE
def test_what_makes_a_rule_not_apply_has_an_example(rule: Rule) -> None:
    statuses = {example.status.value for example in rule.examples}
    reasons = {example.reason.value for example in rule.examples if example.reason}
    assert ("not_applicable" in statuses) == (rule.applies is not None)
    assert ("unsupported_by_kernel" in reasons) == (rule.supported is not None)
    assert ("manual" in statuses) == (rule.manual is not False)


@EVERY_RULE
def test_a_fix_touches_what_fits_its_subject(rule: Rule) -> None:
    """Fixing a daemon does not re-create a container, and the other way round."""
    assert rule.fix.effect.value in EFFECTS[rule.subject.value]


@EVERY_RULE
def test_every_word_is_there_in_every_language(rule: Rule) -> None:
    conditions = [condition.because for condition in (rule.applies, rule.supported) if condition is not None]
    titles = [parameter.title for parameter in rule.parameters.values()]
    said: list[Words] = [rule.title, rule.why, rule.evidence, rule.fix.breaks, *conditions, *titles]
    assert all(set(words) == set(LANGUAGES) and all(words.values()) for words in said)
