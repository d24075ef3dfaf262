"""Predicates: a rule's condition, checked against the vocabulary and compiled once to closures."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from posture.evaluation.display import safe, show
from posture.evaluation.document import Located
from posture.evaluation.operators import OPERATORS, UNTIL, Operand, Operator, prepare
from posture.evaluation.rule import Parameter, ParameterType, ParameterValue
from posture.evaluation.trouble import DataError
from posture.evaluation.truth import Truth, conjunction, disjunction, negation
from posture.evaluation.verdict import Evidence
from posture.facts.values import Reason, Unseen, Value
from posture.facts.vocabulary import CONTEXT, FACTS, FactType, Kind, Type

MAXIMUM_EVIDENCE = 20  # leaves shown for one verdict
_NOT_COLLECTED = Unseen(Reason.NOT_COLLECTED)
_FAILED = Unseen(Reason.SOURCE_FAILED)
_NOT_GIVEN = Unseen(Reason.NEEDS_PARAMETER)
_PYTHON: Mapping[Type, type] = {
    Type.BOOLEAN: bool,
    Type.INTEGER: int,
    Type.TEXT: str,
    Type.MOMENT: str,
    Type.TEXTS: tuple,
    Type.RECORDS: tuple,
}


@dataclass(slots=True)
class View:
    """What a predicate may look at: facts of one resource, its context, the moment, the item of a list."""

    facts: Mapping[str, Value]
    context: Mapping[str, Value]
    at: datetime
    item: Any = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a predicate may name. ``values`` are the parameters' values; ``item`` the type of a list's items."""

    subject: Kind
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    values: Mapping[str, ParameterValue] = field(default_factory=dict)
    item: FactType | None = None


@dataclass(frozen=True, slots=True)
class Predicate:
    """``explain(view, negated)`` gives evidence of the deciding leaves, ``until`` when the answer may change.
    ``reads`` are the facts that it may ask for."""

    judge: Callable[[View], Truth]
    explain: Callable[[View, bool], Iterator[Evidence]]
    until: Callable[[View], Iterator[datetime]] | None  # None: it does not read the clock
    reads: frozenset[str]


def compile_predicate(raw: object, scope: Scope) -> Predicate:
    """Closures for the predicate as written. Raises DataError naming the key and line that is wrong."""
    if not isinstance(raw, Located):
        raise DataError(f"a predicate is a mapping, not {raw!r}")
    if "fact" in raw:
        return _leaf(raw, scope)
    if "every" in raw or "some" in raw:
        return _quantified(raw, scope)
    key = next(iter(raw), "")
    if len(raw) != 1 or key not in ("all", "any", "not"):
        raise DataError("a predicate is one of: fact, every, some, all, any, not", key=key, line=raw.line)
    if key == "not":
        return _negated(compile_predicate(raw["not"], scope))
    parts = raw[key]
    if not isinstance(parts, list) or not parts:
        raise DataError("wants a list of predicates", key=key, line=raw.lines[key])
    return _joined(key, tuple(_located(part, scope, raw.lines[key]) for part in parts))


def _located(raw: object, scope: Scope, line: int) -> Predicate:
    try:
        return compile_predicate(raw, scope)
    except DataError as error:
        error.line = error.line or line
        raise


def _negated(inner: Predicate) -> Predicate:
    return Predicate(
        lambda view: negation(inner.judge(view)),
        lambda view, negated: inner.explain(view, not negated),
        inner.until,
        inner.reads,
    )


def _joined(key: str, parts: tuple[Predicate, ...]) -> Predicate:
    judge = _join(tuple(part.judge for part in parts), deciding=key != "all")

    def explain(view: View, negated: bool) -> Iterator[Evidence]:
        truths = [part.judge(view) for part in parts]
        whole = conjunction(truths) if key == "all" else disjunction(truths)
        for part, truth in zip(parts, truths, strict=True):
            if truth is whole or (isinstance(truth, Unseen) and isinstance(whole, Unseen)):
                yield from part.explain(view, negated)

    timed = tuple(part.until for part in parts if part.until is not None)
    until = (lambda view: (moment for part in timed for moment in part(view))) if timed else None
    reads = frozenset[str]().union(*(part.reads for part in parts))
    return Predicate(judge, explain, until, reads)


def _join(judges: tuple[Callable[[View], Truth], ...], *, deciding: bool) -> Callable[[View], Truth]:
    """Conjunction (a false part decides) or disjunction (a true one does), as truth.py has them. A loop of its own:
    this is where judging spends its time."""

    def judge(view: View) -> Truth:
        unseen: Unseen | None = None
        for one in judges:
            truth = one(view)
            if truth is deciding:
                return deciding
            if unseen is None and isinstance(truth, Unseen):
                unseen = truth
        return not deciding if unseen is None else unseen

    return judge


def _quantified(raw: Located, scope: Scope) -> Predicate:
    key = "every" if "every" in raw else "some"
    if set(raw) != {key, "holds"}:
        raise DataError(f"wants exactly the keys {key} and holds", key=key, line=raw.line)
    get, type_ = _fact(raw, key, scope)
    if type_ is None or type_.type not in (Type.TEXTS, Type.RECORDS):
        raise DataError(f"{raw[key]} is not a list", key=key, line=raw.lines[key])
    item = FactType(Type.TEXT, "one item") if type_.type is Type.TEXTS else type_
    inner = _located(raw["holds"], Scope(scope.subject, scope.parameters, scope.values, item), raw.lines["holds"])
    join = conjunction if key == "every" else disjunction
    name = raw[key]

    def judge(view: View) -> Truth:
        value = get(view)
        if not isinstance(value, tuple):
            return value if isinstance(value, Unseen) else _FAILED
        return join(inner.judge(View(view.facts, view.context, view.at, item)) for item in value)

    def explain(view: View, negated: bool) -> Iterator[Evidence]:
        value = get(view)
        if not isinstance(value, tuple):
            yield Evidence(name, show(value if isinstance(value, Unseen) else _FAILED), "readable")
            return
        if not value:
            yield Evidence(name, "none", "none")
        whole = judge(view)
        for item in value:
            inside = View(view.facts, view.context, view.at, item)
            truth = inner.judge(inside)
            if truth is whole or (isinstance(truth, Unseen) and isinstance(whole, Unseen)):
                for found in inner.explain(inside, negated):
                    seen = found.seen if found.fact == "item" else f"{show(item)}: {found.seen}"
                    yield Evidence(name, safe(seen), found.wanted)

    until = _items_until(get, inner.until) if inner.until is not None else None
    return Predicate(judge, explain, until, inner.reads | {name})


def _items_until(
    get: Callable[[View], Any], until: Callable[[View], Iterator[datetime]]
) -> Callable[[View], Iterator[datetime]]:
    """When the answer about any one item of the list may change."""

    def moments(view: View) -> Iterator[datetime]:
        value = get(view)
        for item in value if isinstance(value, tuple) else ():
            yield from until(View(view.facts, view.context, view.at, item))

    return moments


def _leaf(raw: Located, scope: Scope) -> Predicate:
    get, type_ = _fact(raw, "fact", scope)
    name = _operator_name(raw)
    operator = OPERATORS[name]
    if type_ is not None and type_.type not in operator.types:
        raise DataError(f"{raw['fact']} is {type_.type.value}", key=name, line=raw.lines[name])
    operand, shown = _operand(raw, name, operator, type_, scope)
    unit = "mode" if operator.operand is Operand.MODE else type_.unit if type_ is not None else ""
    test = operator.test
    python: type | None = _PYTHON[type_.type] if type_ is not None else None
    loose = _loose(operator)

    def judge(view: View) -> Truth:
        value = get(view)
        if operand is not None and (type(value) is python or (python is None and type(value) in loose)):
            return test(value, operand, view.at)
        if isinstance(value, Unseen):
            return value
        return _NOT_GIVEN if operand is None else _FAILED

    wanted = _wanted(operator, shown, unit)
    fact = raw["fact"]
    reads = frozenset[str]() if scope.item is not None and fact.partition(".")[0] == "item" else frozenset((fact,))

    def explain(view: View, negated: bool) -> Iterator[Evidence]:
        value = get(view)
        if operand is None and not isinstance(value, Unseen):
            yield Evidence(fact, show(value, unit), f"{raw[name]['parameter']} given")
        else:
            yield Evidence(fact, show(value, unit), wanted[negated])

    changes = UNTIL.get(name)
    if changes is None:
        return Predicate(judge, explain, None, reads)

    def until(view: View) -> Iterator[datetime]:
        value = get(view)
        moment = changes(value, operand, view.at) if isinstance(value, str) and operand is not None else None
        if moment is not None:
            yield moment

    return Predicate(judge, explain, until, reads)


def _operator_name(raw: Located) -> str:
    """The one key beside ``fact``."""
    names = [name for name in raw if name != "fact"]
    if len(names) != 1 or names[0] not in OPERATORS:
        unknown = ", ".join(names) or "no operator"
        raise DataError(f"wants exactly one known operator, found {unknown}", key="fact", line=raw.line)
    return names[0]


def _loose(operator: Operator) -> frozenset[type]:
    """The Python types that a record's field may have for this operator."""
    return frozenset(_PYTHON[type_] for type_ in operator.types)


def _wanted(operator: Operator, shown: object, unit: str) -> tuple[str, str]:
    """What would be true, and what would be with the predicate negated."""
    if operator.operand is Operand.BOOLEAN or (operator.only and not shown):
        return ("empty", "not empty") if shown is not False else ("not empty", "empty")
    text = show(shown, unit)
    return safe(operator.word.format(text)), safe(operator.opposite.format(text))


def _operand(raw: Located, name: str, operator: Operator, type_: FactType | None, scope: Scope) -> tuple[Any, object]:
    """The prepared operand (None: a parameter that is not given) and the one to show."""
    operand = raw[name]
    line = raw.lines[name]
    if isinstance(operand, Located):
        if set(operand) != {"parameter"} or operand["parameter"] not in scope.parameters:
            raise DataError("an operand is a literal or {parameter: name of this rule}", key=name, line=line)
        parameter = scope.parameters[operand["parameter"]]
        value = scope.values.get(parameter.name, parameter.default)
        _check_parameter(operator, parameter, type_, name, line)
        if value is None:
            return None, None
        operand = value
    if operand is None:
        raise DataError("an operand may not be null", key=name, line=line)
    try:
        prepared = prepare(operator, operand, type_.type if type_ else None)
    except ValueError as error:
        raise DataError(str(error), key=name, line=line) from error
    return prepared, prepared if operator.operand is Operand.MODE else operand


_SAMPLES: Mapping[ParameterType, tuple[object, ...]] = {
    ParameterType.INTEGER: (1,),
    ParameterType.TEXT: ("24.0", "x"),
    ParameterType.TEXTS: ((),),
    ParameterType.BOOLEAN: (True,),
}


def _check_parameter(operator: Operator, parameter: Parameter, type_: FactType | None, name: str, line: int) -> None:
    """A parameter without a value must still have the operator's type: a sample of its type is tried."""
    for sample in _SAMPLES[parameter.type]:
        try:
            prepare(operator, sample, type_.type if type_ else None)
        except ValueError:
            continue
        return
    message = f"the parameter {parameter.name} is {parameter.type.value}, not {operator.operand.value}"
    raise DataError(message, key=name, line=line)


def _fact(raw: Located, key: str, scope: Scope) -> tuple[Callable[[View], Any], FactType | None]:
    """How to read the named fact, and its type (None for a field of a record)."""
    name = raw[key]
    line = raw.lines[key]
    if not isinstance(name, str):
        raise DataError("wants the name of a fact", key=key, line=line)
    if name == "item" or name.startswith("item."):
        return _item(name, key, line, scope)
    if name in CONTEXT:
        return (lambda view: view.context.get(name, _NOT_COLLECTED)), CONTEXT[name]
    if name in FACTS[scope.subject]:
        return (lambda view: view.facts.get(name, _NOT_COLLECTED)), FACTS[scope.subject][name]
    raise DataError(f"{name} is no fact of a {scope.subject.value}", key=key, line=line)


def _item(name: str, key: str, line: int, scope: Scope) -> tuple[Callable[[View], Any], FactType | None]:
    item = scope.item
    if item is None:
        raise DataError("item has a meaning only inside every and some", key=key, line=line)
    if name == "item":
        if item.type is not Type.TEXT:
            raise DataError("this item is a record: name item.FIELD", key=key, line=line)
        return (lambda view: view.item), item
    field_name = name.removeprefix("item.")
    if field_name not in item.fields:
        raise DataError(f"its items have no field {field_name}", key=key, line=line)
    return (lambda view: view.item.get(field_name, _NOT_COLLECTED)), None
