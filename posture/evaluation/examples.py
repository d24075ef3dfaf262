"""The door a rule goes through: its predicates compile and its examples hold.

That empty facts give unknown needs no check: every operator passes Unseen on, and a property test holds that.
"""

from typing import NoReturn

from posture.evaluation.judge import Logic, compile_logic, judge
from posture.evaluation.predicate import View
from posture.evaluation.rule import Example, ParameterValue, Rule
from posture.evaluation.trouble import DataError
from posture.evaluation.verdict import Judgement, Status
from posture.facts.vocabulary import CONTEXT

_WANTED = (Status.PASS, Status.FAIL, Status.UNKNOWN)


def check_rule(rule: Rule) -> Logic:
    """The rule's logic with its default parameters. Raises DataError where the rule may not be used."""
    logic = _compiled(rule, {})
    if rule.manual is True:
        return logic
    held = {example.status for example in rule.examples}
    for status in _WANTED:
        if status not in held:
            raise DataError(f"has no example whose status is {status.value}", key="examples")
    for example in rule.examples:
        _check_example(rule, example, logic)
    return logic


def _compiled(rule: Rule, values: dict[str, ParameterValue]) -> Logic:
    try:
        return compile_logic(rule, values)
    except DataError as error:
        error.key = f"check.{error.key}" if error.key else "check"
        raise


def _check_example(rule: Rule, example: Example, standard: Logic) -> None:
    logic = _compiled(rule, dict(example.parameters)) if example.parameters else standard
    found = judge(logic, _view(example))
    if found.status is not example.status:
        _complain(example, found)
    if example.reason is not None and found.reason is not example.reason:
        _complain(example, found)


def _complain(example: Example, found: Judgement) -> NoReturn:
    wanted = f"{example.status.value}" + (f" ({example.reason.value})" if example.reason else "")
    seen = f"{found.status.value}" + (f" ({found.reason.value})" if found.reason else "")
    because = "; ".join(f"{part.fact}: {part.seen}, wanted {part.wanted}" for part in found.evidence)
    raise DataError(
        f"this example says {wanted}, the rule says {seen}{': ' if because else ''}{because}",
        key="examples",
        line=example.line,
    )


def _view(example: Example) -> View:
    context = {name: value for name, value in example.facts.items() if name in CONTEXT}
    facts = {name: value for name, value in example.facts.items() if name not in CONTEXT}
    return View(facts, context, example.at)
