"""The reference page of all rules, as Markdown."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from posture.evaluation.catalogue import Catalogue
from posture.evaluation.edition import Control, Edition
from posture.evaluation.judge import compile_logic
from posture.evaluation.rule import Parameter, Rule
from posture.evaluation.ruleset import Ruleset, build
from posture.evaluation.verdict import Status
from posture.facts.vocabulary import Kind
from posture.reports.reference.words import KINDS, SEVERITIES, STATUSES, Speaker

Tests = Mapping[str, Sequence[str]]  # by rule: the files of tests that name it


def page(catalogue: Catalogue, tests: Tests, language: str) -> str:
    """All of the page."""
    return "\n".join(_lines(catalogue, tests, Speaker(language))) + "\n"


def _lines(catalogue: Catalogue, tests: Tests, say: Speaker) -> Iterator[str]:
    yield from (f"# {say('title')}", "", say("intro"), "", say("other"), "", say("examples_note"), "")
    ruleset = build(catalogue, parameters={})
    yield from _editions(catalogue, ruleset, say)
    users = _users(catalogue)
    for kind in Kind:
        yield from ("", f"## {KINDS[kind][say.column]}")
        for rule in sorted(catalogue.rules.values(), key=lambda one: one.id):
            if rule.subject is kind:
                yield from _rule(rule, users.get(rule.id, ()), tests.get(rule.id, ()), say)


def _editions(catalogue: Catalogue, ruleset: Ruleset, say: Speaker) -> Iterator[str]:
    yield from (f"## {say('editions')}", "", say("judged"), "")
    yield from _table_head(say("edition"), *(say(key) for key in ("controls", "machine", "person", "nothing")))
    for edition in catalogue.editions.values():
        yield _row(edition.title[say.language], *_judged(edition, list(edition.controls()), ruleset))
    yield from ("", f"### {say('by_section')}", "")
    yield from _table_head(
        say("edition"), say("section"), *(say(key) for key in ("controls", "machine", "person", "nothing"))
    )
    for edition in catalogue.editions.values():
        for section in edition.sections:
            title = f"{section.number} {section.title[say.language]}"
            yield _row(edition.title[say.language], title, *_judged(edition, section.controls, ruleset))


def _judged(edition: Edition, controls: Sequence[Control], ruleset: Ruleset) -> Iterator[int]:
    """How many controls there are, and how many a machine judges, a person, or nobody."""
    keys = [ruleset.editions[edition.id].get(control.number) for control in controls]
    manual = sum(key is not None and ruleset.checks[key].logic.manual is not None for key in keys)
    yield from (len(keys), len(keys) - manual - keys.count(None), manual, keys.count(None))


def _users(catalogue: Catalogue) -> dict[str, list[tuple[Edition, Control]]]:
    """By rule, the controls that it may judge."""
    users: dict[str, list[tuple[Edition, Control]]] = {}
    for edition in catalogue.editions.values():
        for control in edition.controls():
            for rule in control.rules():
                users.setdefault(rule, []).append((edition, control))
    return users


def _rule(rule: Rule, users: Iterable[tuple[Edition, Control]], tests: Sequence[str], say: Speaker) -> Iterator[str]:
    yield from ("", f"### {rule.id}", "", f"**{rule.title[say.language]}**", "")
    yield from _table_head("", "")
    for key, value in _facts_of(rule, users, tests, say):
        if value:
            yield _row(say(key), value)


def _facts_of(
    rule: Rule, users: Iterable[tuple[Edition, Control]], tests: Sequence[str], say: Speaker
) -> Iterator[tuple[str, str]]:
    logic = compile_logic(rule, {})
    statuses = Counter(example.status for example in rule.examples)
    yield "severity", SEVERITIES[rule.severity][say.column]
    yield "controls", say("separator").join(_controls(users, say)) or say("none")
    yield "manual", _manual(rule, say)
    yield "files", ", ".join(f"`{one}`" for one in rule.purposes)
    yield "parameters", ", ".join(_parameter(one, say) for one in rule.parameters.values())
    yield "facts", ", ".join(f"`{name}`" for name in (*logic.reads, *logic.around)) or say("none")
    counted = [f"{statuses[status]} {STATUSES[status][say.column]}" for status in Status if statuses[status]]
    yield "examples", ", ".join(counted) or say("none")
    yield "tests", ", ".join(f"`{one}`" for one in tests)
    yield "related", ", ".join(f"[{one}](#{one})" for one in rule.related)


def _controls(users: Iterable[tuple[Edition, Control]], say: Speaker) -> Iterator[str]:
    """By edition, the numbers: "CIS Docker Benchmark 1.6.0: 5.11"."""
    numbers: dict[str, list[str]] = {}
    for edition, control in users:
        policy = f" ({say('policy', policy=control.policy.id)})" if control.policy else ""
        numbers.setdefault(edition.title[say.language], []).append(control.number + policy)
    yield from (f"{title}{say('colon')}{', '.join(found)}" for title, found in numbers.items())


def _manual(rule: Rule, say: Speaker) -> str:
    if isinstance(rule.manual, str):
        return say("manual_until", name=rule.manual)
    return say("manual_always") if rule.manual else ""


def _parameter(parameter: Parameter, say: Speaker) -> str:
    default = parameter.default
    if default is None:
        shown = say("not_given")
    elif isinstance(default, tuple):
        shown = ", ".join(default) or "[]"
    else:
        shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{parameter.name}` ({shown})"


def _table_head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|" + "---|" * len(names)


def _row(*cells: str | int) -> str:
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"
