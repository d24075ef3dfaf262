"""An edition: which control numbers a publisher's benchmark has, and which rule judges each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from posture.evaluation.document import Located
from posture.evaluation.fields import check_keys, choice, day, mapping, mappings, text, words, wrong
from posture.evaluation.judge import compile_logic
from posture.evaluation.rule import LANGUAGES, ParameterValue, Rule, Words
from posture.evaluation.trouble import DataError


class Assessment(StrEnum):
    """What the publisher says about a control; our rules often judge by machine what a publisher calls manual."""

    AUTOMATED = "automated"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Control:
    number: str
    level: str
    assessment: Assessment
    rule: str
    parameters: Mapping[str, ParameterValue]


@dataclass(frozen=True, slots=True)
class Section:
    number: str
    title: Words
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """``controls_total`` is how many controls the publisher's edition has, of which we may hold fewer."""

    id: str
    title: Words
    publisher: str
    released: date
    controls_total: int
    sections: tuple[Section, ...]

    def controls(self) -> Iterator[Control]:
        for section in self.sections:
            yield from section.controls


def read_edition(source: Located, rules: Mapping[str, Rule]) -> Edition:
    """Raises DataError naming key and line; every control's rule and parameters must be among ``rules``."""
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
        sections=tuple(_section(section, rules) for section in mappings(source, "sections")),
    )
    _check_numbers(edition)
    return edition


def _title(source: Located) -> Words:
    """A title may be the same text in every language: names of benchmarks are not translated."""
    if isinstance(source["title"], str):
        return dict.fromkeys(LANGUAGES, text(source, "title", maximum=120))
    return words(source, "title", maximum=120)


def _section(source: Located, rules: Mapping[str, Rule]) -> Section:
    check_keys(source, needed=("number", "title", "controls"))
    controls = tuple(_control(control, rules) for control in mappings(source, "controls"))
    return Section(_number(source), words(source, "title", maximum=120), controls)


def _number(source: Located) -> str:
    """Section 4 may be written as a number; control "5.10" must be a text, YAML would read 5.1."""
    value = source["number"]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(source, "number", maximum=20)


def _control(source: Located, rules: Mapping[str, Rule]) -> Control:
    check_keys(source, needed=("number", "level", "assessment", "rule"), optional=("parameters",))
    name = text(source, "rule")
    if name not in rules:
        raise wrong(source, "rule", f"there is no rule {name}")
    level = source["level"]
    return Control(
        number=_number(source),
        level=str(level) if isinstance(level, int) else text(source, "level", maximum=20),
        assessment=choice(source, "assessment", Assessment),
        rule=name,
        parameters=_parameters(source, rules[name]) if "parameters" in source else {},
    )


def _parameters(source: Located, rule: Rule) -> dict[str, ParameterValue]:
    given = mapping(source, "parameters")
    values: dict[str, ParameterValue] = {}
    for name, value in given.items():
        if name not in rule.parameters:
            raise wrong(given, name, f"the rule {rule.id} has no such parameter")
        try:
            values[name] = rule.parameters[name].accept(value)
        except ValueError as error:
            raise wrong(given, name, str(error)) from error
    try:
        compile_logic(rule, values)
    except DataError as error:
        raise wrong(source, "parameters", error.message) from error
    return values


def _check_numbers(edition: Edition) -> None:
    """A number stands once; one rule has one set of parameters in an edition, since it counts once."""
    seen: set[str] = set()
    parameters: dict[str, Mapping[str, ParameterValue]] = {}
    for control in edition.controls():
        if control.number in seen:
            raise DataError(f"the control {control.number} stands twice", key="sections")
        seen.add(control.number)
        if parameters.setdefault(control.rule, control.parameters) != control.parameters:
            raise DataError(f"the rule {control.rule} has two sets of parameters", key="sections")
    if len(seen) > edition.controls_total:
        raise DataError(f"has {len(seen)} controls", key="controls_total")
