"""An edition: which control numbers a publisher's benchmark has, and which rule judges each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from posture.evaluation.document import Located
from posture.evaluation.fields import check_keys, choice, day, mapping, mappings, text, words, wrong
from posture.evaluation.policy import Policy
from posture.evaluation.rule import LANGUAGES, ParameterValue, Rule, Words
from posture.evaluation.rule_parameters import read_parameters
from posture.evaluation.trouble import DataError


class Assessment(StrEnum):
    """What the publisher says about a control; our rules often judge by machine what a publisher calls manual."""

    AUTOMATED = "automated"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Control:
    """Judged by a rule with parameters, or by the rule that the operator's choice of a policy names."""

    number: str
    level: str
    assessment: Assessment
    rule: str | None
    parameters: Mapping[str, ParameterValue]
    policy: Policy | None = None

    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that may judge it."""
        return self.policy.rules() if self.policy else () if self.rule is None else (self.rule,)

    def judged_by(self, policies: Mapping[str, str]) -> tuple[str, Mapping[str, ParameterValue]] | None:
        """Rule and parameters under these choices (by policy; the default's where there is none), None: nothing."""
        if self.policy is None:
            return None if self.rule is None else (self.rule, self.parameters)
        choice = self.policy.choices.get(policies.get(self.policy.id, ""), self.policy.choices[self.policy.default])
        return None if choice.rule is None else (choice.rule, choice.parameters)


@dataclass(frozen=True, slots=True)
class Section:
    number: str
    title: Words
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """``controls_total`` is how many controls the publisher's edition has: all of them are here."""

    id: str
    title: Words
    publisher: str
    released: date
    controls_total: int
    sections: tuple[Section, ...]

    def controls(self) -> Iterator[Control]:
        for section in self.sections:
            yield from section.controls


def read_edition(source: Located, rules: Mapping[str, Rule], policies: Mapping[str, Policy]) -> Edition:
    """Raises DataError naming key and line; every control's rule or policy must be there, and its parameters fit."""
    check_keys(source, needed=("id", "title", "publisher", "released", "controls_total", "sections"))
    total = source["controls_total"]
    if not isinstance(total, int) or isinstance(total, bool) or total < 1:
        raise wrong(source, "controls_total", "wants a positive integer")
    edition = Edition(
        id=text(source, "id", maximum=80),
        title=_title(source),
        publisher=text(source, "publisher"),
        released=day(source, "released"),
        controls_total=total,
        sections=tuple(_section(section, rules, policies) for section in mappings(source, "sections")),
    )
    _check_numbers(edition)
    return edition


def _title(source: Located) -> Words:
    """A title may be the same text in every language: names of benchmarks are not translated."""
    if isinstance(source["title"], str):
        return dict.fromkeys(LANGUAGES, text(source, "title", maximum=120))
    return words(source, "title", maximum=120)


def _section(source: Located, rules: Mapping[str, Rule], policies: Mapping[str, Policy]) -> Section:
    check_keys(source, needed=("number", "title", "controls"))
    controls = tuple(_control(control, rules, policies) for control in mappings(source, "controls"))
    return Section(_number(source), words(source, "title", maximum=120), controls)


def _number(source: Located) -> str:
    """Section 4 may be written as a number; control "5.10" must be a text, YAML would read 5.1."""
    value = source["number"]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(source, "number", maximum=20)


def _control(source: Located, rules: Mapping[str, Rule], policies: Mapping[str, Policy]) -> Control:
    check_keys(source, needed=("number", "level", "assessment"), optional=("rule", "parameters", "policy"))
    level = source["level"]
    number = _number(source)
    shown = str(level) if isinstance(level, int) else text(source, "level", maximum=20)
    assessment = choice(source, "assessment", Assessment)
    if ("rule" in source) is ("policy" in source):
        raise DataError(f"the control {number} wants either a rule or a policy", key="rule", line=source.line)
    if "policy" in source:
        policy = text(source, "policy")
        if policy not in policies or "parameters" in source:
            raise wrong(source, "policy", f"there is no policy {policy}, or it stands beside parameters")
        return Control(number, shown, assessment, None, {}, policies[policy])
    name = text(source, "rule")
    if name not in rules:
        raise wrong(source, "rule", f"there is no rule {name}")
    given = read_parameters(mapping(source, "parameters"), rules[name]) if "parameters" in source else {}
    return Control(number, shown, assessment, name, given)


def _check_numbers(edition: Edition) -> None:
    """A number stands once; one rule has one set of parameters in an edition, since it counts once. So what a policy
    may choose stands nowhere else."""
    seen: set[str] = set()
    users: dict[str, tuple[str, Mapping[str, ParameterValue]]] = {}
    for control in edition.controls():
        if control.number in seen:
            raise DataError(f"the control {control.number} stands twice", key="sections")
        seen.add(control.number)
        user = f"policy {control.policy.id}" if control.policy else "controls"
        for rule in control.rules():
            if users.setdefault(rule, (user, control.parameters)) != (user, control.parameters):
                raise DataError(f"the rule {rule} is judged in two ways", key="sections")
    if len(seen) != edition.controls_total:
        raise DataError(f"has {len(seen)} controls", key="controls_total")
