"""The controls of an edition as pages list them: what the publisher says, how we judge it, where it stands."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from posture.dashboard.rulebook import edition_titles, number_order, say, short_title
from posture.evaluation import catalogue
from posture.evaluation.candidates import candidates_of
from posture.evaluation.edition import Control
from posture.evaluation.rule import Rule
from posture.evaluation.ruleset import check_key
from posture.fleet.queries.checks import STATUSES, CheckRow

MACHINE, VALUE, PERSON = "machine", "value", "person"  # judged by whom: VALUE is a machine, once it is given one


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The controls of another edition about the same matter."""

    edition: str
    title: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlLine:
    """One control. ``keys``: the checks that may judge it; ``shown``: the one that its name leads to.

    ``policy`` is the id of the policy that it follows, "" of the others. ``hosts`` counts hosts by status.
    """

    number: str
    section: str
    title: str
    level: str
    assessment: str
    judged: str
    severity: str
    policy: str
    keys: tuple[str, ...]
    shown: str
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    hosts: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))

    @property
    def status(self) -> str:
        """The worst status over the scope; "" where nothing was judged."""
        return next((status for status in STATUSES if self.hosts[status]), "")


def control_lines(edition: str, checks: Iterable[CheckRow]) -> list[ControlLine]:
    """Every control of an edition in its order, with the rows of its checks added up."""
    found = catalogue.load().editions.get(edition)
    rows = {row.check_key: row for row in checks}
    return (
        []
        if found is None
        else [
            _line(edition, section.number, control, rows) for section in found.sections for control in section.controls
        ]
    )


def _line(edition: str, section: str, control: Control, rows: Mapping[str, CheckRow]) -> ControlLine:
    rules = catalogue.load().rules
    keys = candidates_of(edition, control)
    judged = [rows[key] for key in keys if key in rows]
    default = control.judged_by({})
    chosen = [key for key, rule in keys.items() if default and rule == default[0]]
    shown = next(iter([*(row.check_key for row in judged), *chosen]), "")
    rule = rules[keys[shown]] if shown else None
    title = control.policy.title if control.policy else rule.title if rule else {}
    return ControlLine(
        number=control.number,
        section=section,
        title=say(title),
        level=control.level,
        assessment=control.assessment.value,
        judged=judged_by(rule, given_to(edition, control, shown)),
        severity=rule.severity.value if rule else "",
        policy=control.policy.id if control.policy else "",
        keys=tuple(keys),
        shown=shown,
        passed=sum(row.passed for row in judged),
        failed=sum(row.failed for row in judged),
        unknown=sum(row.unknown for row in judged),
        hosts={status: sum(row.hosts[status] for row in judged) for status in STATUSES},
    )


def given_to(edition: str, control: Control, key: str) -> set[str]:
    """The parameters that the edition, or the choice that leads to this check, gives a value itself."""
    fixed = [control.parameters]
    if control.policy:
        choices = control.policy.choices.values()
        fixed = [one.parameters for one in choices if one.rule and check_key(edition, one.rule, one.parameters) == key]
    return {name for values in fixed for name, value in values.items() if value is not None}


def judged_by(rule: Rule | None, given: Collection[str] = ()) -> str:
    """Who judges a rule: a machine, a machine that waits for a value, or a person."""
    if rule is None:
        return ""
    return MACHINE if not rule.manual or rule.manual in given else PERSON if rule.manual is True else VALUE


@cache
def judged_by_machine(edition: str) -> int:
    """How many controls of an edition a machine judges without being given a value."""
    return sum(line.judged == MACHINE for line in control_lines(edition, ()))


def counterparts_of(edition: str, number: str) -> list[Counterpart]:
    """The controls of other editions about the same matter as one, edition by edition."""
    found: dict[str, list[str]] = {}
    for other, place in catalogue.load().counterparts.get((edition, number), ()):
        found.setdefault(other, []).append(place)
    order = [one for one, _title in edition_titles() if one in found]
    return [Counterpart(one, short_title(one), tuple(sorted(found[one], key=number_order))) for one in order]


def controls_of_rule(rule: str) -> list[tuple[str, str, Control]]:
    """Where a rule stands: ids and titles of the editions with the control."""
    editions = catalogue.load().editions
    return [
        (edition, title, control)
        for edition, title in edition_titles()
        for control in editions[edition].controls()
        if rule in control.rules()
    ]
