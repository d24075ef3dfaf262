"""The closed list of operators that a predicate may apply to one fact."""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import re2

from posture.evaluation.truth import Truth, negation
from posture.facts.moments import parse_moment
from posture.facts.values import Reason, Unseen
from posture.facts.versions import parse_version
from posture.facts.vocabulary import Type

MAXIMUM_PATTERN = 1000  # characters
MAXIMUM_DAYS = 36_525  # a hundred years
_UNREADABLE = Unseen(Reason.SOURCE_FAILED)
_OCTAL = re.compile(r"0o[0-7]{1,4}")
_SKEW = timedelta(days=1)  # by which clocks may disagree
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Operand(StrEnum):
    """What an operator wants beside the fact."""

    SAME = "a value of the fact's own type"
    SAME_LIST = "a list of values of the fact's own type"
    INTEGER = "an integer"
    MODE = "a mode such as 0o644"
    PATTERN = "a regular expression"
    BOOLEAN = "true or false"
    TEXT = "a text"
    TEXTS = "a list of texts"
    PATHS = "a list of paths"
    VERSION = 'a version in quotes, such as "24.0"'


Test = Callable[[Any, Any, datetime], Truth]  # value, prepared operand, moment of judgement


@dataclass(frozen=True, slots=True)
class Operator:
    """``word`` and ``opposite`` render what is wanted; "{}" is the operand."""

    operand: Operand
    types: frozenset[Type]
    word: str
    opposite: str
    test: Test

    @property
    def only(self) -> bool:
        """Whether it names all that may be there."""
        return self.word.startswith("only")


_SCALARS = frozenset({Type.BOOLEAN, Type.INTEGER, Type.TEXT})
_NAMED = frozenset({Type.INTEGER, Type.TEXT})
_INTEGER = frozenset({Type.INTEGER})
_TEXT = frozenset({Type.TEXT})
_TEXTS = frozenset({Type.TEXTS})
_SIZED = frozenset({Type.TEXT, Type.TEXTS, Type.RECORDS})


def _tidy(path: str) -> str:
    """Without "..", "." and doubled slashes; a name such as docker.io/library/nginx stays relative."""
    return posixpath.normpath("/" + path.lstrip("/") if path.startswith("/") else path)


def _under(path: str, roots: frozenset[str], _at: datetime) -> bool:
    path = _tidy(path)
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots)


def _version_at_least(text: str, wanted: tuple[int, ...], _at: datetime) -> Truth:
    version = parse_version(text)
    return _UNREADABLE if version is None else version >= wanted


def _newer(text: str, days: int, at: datetime) -> Truth:
    moment = parse_moment(text)
    if moment is None or moment - at > _SKEW:
        return _UNREADABLE  # what comes to be in the future says nothing of its age
    return at - moment < _age(days)


def _ends_after(text: str, days: int, at: datetime) -> Truth:
    moment = parse_moment(text)
    return _UNREADABLE if moment is None else moment - at > _age(days)


def _age(days: int) -> timedelta:
    """An operator may ask for any number of days; beyond the maximum none makes a difference."""
    return timedelta(days=max(-MAXIMUM_DAYS, min(days, MAXIMUM_DAYS)))


def newer_until(text: str, days: int, at: datetime) -> datetime | None:
    """When an answer of newer_than_days changes; None when it never will."""
    moment = parse_moment(text)
    if moment is None:
        return None
    if moment - at > _SKEW:
        return moment - _SKEW
    age = _age(days)
    if at - moment >= age or moment - _EPOCH > datetime.max.replace(tzinfo=UTC) - _EPOCH - age:
        return None
    return moment + age


def ends_until(text: str, days: int, at: datetime) -> datetime | None:
    """When an answer of ends_after_days changes; None when it never will."""
    moment = parse_moment(text)
    age = _age(days)
    if moment is None or moment - at <= age or moment - _EPOCH > datetime.max.replace(tzinfo=UTC) - _EPOCH + age:
        return None
    return moment - age


# The operators that read the clock, each with when its answer changes.
UNTIL: Mapping[str, Callable[[str, int, datetime], datetime | None]] = {
    "newer_than_days": newer_until,
    "ends_after_days": ends_until,
}


def _pairs() -> dict[str, tuple[str, Operator]]:
    """Operators that have an opposite, by name, with the opposite's name."""
    operand = Operand
    return {
        "equals": ("not_equals", Operator(operand.SAME, _SCALARS, "= {}", "≠ {}", lambda v, o, _: v == o)),
        "in": ("not_in", Operator(operand.SAME_LIST, _NAMED, "one of {}", "none of {}", lambda v, o, _: v in o)),
        "less_than": ("at_least", Operator(operand.INTEGER, _INTEGER, "< {}", "≥ {}", lambda v, o, _: v < o)),
        "at_most": ("greater_than", Operator(operand.INTEGER, _INTEGER, "≤ {}", "> {}", lambda v, o, _: v <= o)),
        "matches": (
            "not_matches",
            Operator(
                operand.PATTERN, _TEXT, "matches {}", "does not match {}", lambda v, o, _: o.search(v) is not None
            ),
        ),
        "contains": (
            "not_contains",
            Operator(operand.TEXT, _TEXTS, "contains {}", "does not contain {}", lambda v, o, _: o in v),
        ),
        "contains_any": (
            "contains_none",
            Operator(operand.TEXTS, _TEXTS, "any of {}", "none of {}", lambda v, o, _: not o.isdisjoint(v)),
        ),
        "under": ("not_under", Operator(operand.PATHS, _TEXT, "under {}", "not under {}", _under)),
        "version_at_least": (
            "version_below",
            Operator(operand.VERSION, _TEXT, "≥ {}", "< {}", _version_at_least),
        ),
    }


def _single() -> dict[str, Operator]:
    operand = Operand
    return {
        "mode_within": Operator(
            operand.MODE, _INTEGER, "≤ {}", "beyond {}", lambda v, o, _: v >= 0 and v & ~o & 0o7777 == 0
        ),
        "empty": Operator(operand.BOOLEAN, _SIZED, "empty = {}", "empty ≠ {}", lambda v, o, _: (len(v) == 0) == o),
        "contains_all": Operator(operand.TEXTS, _TEXTS, "all of {}", "not all of {}", lambda v, o, _: o.issubset(v)),
        "subset_of": Operator(operand.TEXTS, _TEXTS, "only {}", "not only {}", lambda v, o, _: o.issuperset(v)),
        "newer_than_days": Operator(
            operand.INTEGER, frozenset({Type.MOMENT}), "newer than {} days", "at least {} days old", _newer
        ),
        "ends_after_days": Operator(
            operand.INTEGER,
            frozenset({Type.MOMENT}),
            "more than {} days ahead",
            "at most {} days ahead",
            _ends_after,
        ),
    }


def _opposite(operator: Operator) -> Operator:
    test = operator.test
    return Operator(
        operator.operand,
        operator.types,
        operator.opposite,
        operator.word,
        lambda value, operand, at: negation(test(value, operand, at)),
    )


def _all() -> Mapping[str, Operator]:
    operators = _single()
    for name, (opposite, operator) in _pairs().items():
        operators[name] = operator
        operators[opposite] = _opposite(operator)
    return operators


OPERATORS: Mapping[str, Operator] = _all()


def prepare(operator: Operator, operand: object, type_: Type | None) -> Any:
    """The operand in the form the test wants. Raises ValueError when it has not the operator's type.

    ``type_`` is the fact's type, None for a field of a record (known only when it is seen).
    """
    kind = operator.operand
    if kind is Operand.SAME:
        if _is(operand, type_):
            return operand
    elif kind is Operand.SAME_LIST:
        if isinstance(operand, list | tuple) and all(_is(item, type_) for item in operand):
            return frozenset(operand)
    elif kind is Operand.TEXTS:
        if isinstance(operand, list | tuple) and all(isinstance(item, str) for item in operand):
            return frozenset(operand)
    elif kind is Operand.PATHS:
        if isinstance(operand, list | tuple) and all(isinstance(item, str) and item for item in operand):
            return frozenset(_tidy(item) for item in operand)
    elif kind is Operand.MODE:
        return mode(operand)
    elif kind is Operand.PATTERN:
        return _pattern(operand)
    elif kind is Operand.VERSION:
        version = parse_version(operand) if isinstance(operand, str) else None
        if version is not None:
            return version
    elif isinstance(operand, bool if kind is Operand.BOOLEAN else int if kind is Operand.INTEGER else str) and (
        kind is Operand.BOOLEAN or not isinstance(operand, bool)
    ):
        return operand
    raise ValueError(f"{operand!r} is not {kind.value}")


def _is(value: object, type_: Type | None) -> bool:
    if type_ is None:
        return value is None or isinstance(value, bool | int | str)
    if type_ is Type.BOOLEAN:
        return isinstance(value, bool)
    if type_ is Type.INTEGER:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)


def mode(operand: object) -> int:
    """A permission mask written 0o644 (YAML reads it as a text) or 0644 (YAML reads it as an integer)."""
    if isinstance(operand, str) and _OCTAL.fullmatch(operand):
        operand = int(operand, 8)
    if isinstance(operand, int) and not isinstance(operand, bool) and 0 <= operand <= 0o7777:
        return operand
    raise ValueError(f"{operand!r} is not {Operand.MODE.value}")


def _pattern(operand: object) -> object:
    if not isinstance(operand, str) or len(operand) > MAXIMUM_PATTERN:
        raise ValueError(f"not {Operand.PATTERN.value} of at most {MAXIMUM_PATTERN} characters")
    options = re2.Options()
    options.max_mem = 1 << 20
    options.log_errors = False
    try:
        return re2.compile(operand, options)
    except re2.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
