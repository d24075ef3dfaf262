"""What checks answered, remembered by the values that they read: most resources share most of their values.

One memory for the process, by rule and parameters: rulesets and hosts share it.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from posture.evaluation.judge import Logic, judge
from posture.evaluation.predicate import View
from posture.evaluation.ruleset import Check, Place, Ruleset
from posture.evaluation.tally import Answer, answer
from posture.facts.memo import Memo
from posture.facts.observed import NOT_COLLECTED
from posture.facts.values import Value

Facts = Mapping[str, Value]
Known = dict[Any, Answer]  # by the values read of the resource
_MOST = 100_000  # answers; some 0.5 KiB each

_known: dict[Hashable, Known] = {}  # by check, parameters, and the values read around the resource
_kept = 0


@dataclass(frozen=True, slots=True)
class Question:
    """One check, as it is asked of resources with the same context. ``read`` gives the values that decide; ``known`` is
    None where answers are not remembered: they change with time, or the values are records."""

    key: str
    logic: Logic
    read: Callable[[Facts], Any]
    known: Known | None


_asked: Memo[tuple[str, Place, str, bool], tuple[Question, ...]] = Memo(1024)


def questions(ruleset: Ruleset, place: Place, context: Facts, digest: str, *, everything: bool) -> tuple[Question, ...]:
    """What a ruleset asks of resources of one place, in a context of that digest."""
    key = (ruleset.digest, place, digest, everything)
    found = _asked.get(key)
    if found is None:
        found = tuple([_question(check, context, everything) for check in ruleset.places.get(place, ())])
        _asked.put(key, found)
    return found


def _question(check: Check, context: Facts, everything: bool) -> Question:
    logic = check.logic
    known: Known | None = None
    if not logic.timed and not logic.records:  # a record cannot be the key of a mapping
        around = tuple([context.get(name, NOT_COLLECTED) for name in logic.around])
        place = (check.key, check.rule.digest, tuple(check.parameters.items()), everything, around)
        known = _known.setdefault(place, {})
    return Question(check.key, logic, itemgetter(*logic.reads) if logic.reads else _nothing, known)


def _nothing(_facts: Facts) -> tuple[()]:
    return ()


def answers(asked: Iterable[Question], facts: Facts, context: Facts, at: datetime, *, everything: bool) -> list[Answer]:
    """The answer to each question about these facts."""
    found: list[Answer] = []
    view = View(facts, context, at)
    for question in asked:
        known = question.known
        if known is None:
            found.append(_judged(question, view, everything))
            continue
        try:
            values = question.read(facts)
        except KeyError:  # a fact that is not there was not collected
            seen = tuple(facts.get(name, NOT_COLLECTED) for name in question.logic.reads)
            values = seen if len(seen) > 1 else seen[0]
        one = known.get(values)
        if one is None:
            one = _judged(question, view, everything)
            _remember(known, values, one)
        found.append(one)
    return found


def _judged(question: Question, view: View, everything: bool) -> Answer:
    return answer(question.key, judge(question.logic, view, explain_all=everything), everything=everything)


def _remember(known: Known, values: Hashable, one: Answer) -> None:
    """Between threads an answer may be counted wrong or found twice: the bound is a rough one."""
    global _kept
    if _kept >= _MOST:
        forget()
    known[values] = one
    _kept += 1


def forget() -> None:
    """Empties the memory of answers."""
    global _kept
    _asked.clear()
    _known.clear()
    _kept = 0
