"""The examples of a rule: facts, typed as the vocabulary says, and the status they must give."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from posture.evaluation.document import Located
from posture.evaluation.fields import check_keys, choice, mapping, moment, wrong
from posture.evaluation.operators import mode
from posture.evaluation.rule import Example, Parameter, ParameterValue
from posture.evaluation.verdict import Status
from posture.facts.moments import canonical_moment, parse_moment
from posture.facts.values import Reason, Unseen, Value
from posture.facts.vocabulary import CONTEXT, FACTS, FactType, Kind, Type

_AT = datetime(2026, 1, 1, tzinfo=UTC)  # the moment of an example that names none
_OCTAL = re.compile(r"0o[0-7]{1,4}")


def read_example(source: Located, subject: Kind, parameters: Mapping[str, Parameter]) -> Example:
    """Raises DataError where the example has another form, or names a fact or parameter that is not there."""
    check_keys(source, needed=("status", "facts"), optional=("reason", "parameters", "at"))
    facts = mapping(source, "facts")
    return Example(
        status=choice(source, "status", Status),
        reason=choice(source, "reason", Reason) if "reason" in source else None,
        facts={name: _value(facts, name, subject) for name in facts},
        parameters=_parameters(mapping(source, "parameters"), parameters) if "parameters" in source else {},
        at=moment(source, "at") if "at" in source else _AT,
        line=source.line,
    )


def _parameters(source: Located, parameters: Mapping[str, Parameter]) -> dict[str, ParameterValue]:
    values: dict[str, ParameterValue] = {}
    for name, value in source.items():
        if name not in parameters:
            raise wrong(source, name, "this rule has no such parameter")
        try:
            values[name] = parameters[name].accept(value)
        except ValueError as error:
            raise wrong(source, name, str(error)) from error
    return values


def _value(facts: Located, name: str, subject: Kind) -> Value:
    type_ = CONTEXT.get(name) or FACTS[subject].get(name)
    if type_ is None:
        raise wrong(facts, name, f"no fact of a {subject.value}")
    raw = facts[name]
    if isinstance(raw, Located):
        check_keys(raw, needed=("unseen",))
        return Unseen(choice(raw, "unseen", Reason))
    value = _typed(raw, type_)
    if value is None and not (raw is None and type_.nullable):
        raise wrong(facts, name, f"wants {type_.type.value}, not {raw!r}")
    return value


def _typed(raw: Any, type_: FactType) -> Value:
    """The value in the fact's type, or None when it has another."""
    if type_.type is Type.BOOLEAN:
        return raw if isinstance(raw, bool) else None
    if type_.type is Type.INTEGER:
        if isinstance(raw, str) and _OCTAL.fullmatch(raw):
            return mode(raw)
        return raw if isinstance(raw, int) and not isinstance(raw, bool) else None
    if type_.type is Type.TEXT:
        return raw if isinstance(raw, str) else None
    if type_.type is Type.MOMENT:
        found = raw if isinstance(raw, datetime) else parse_moment(raw) if isinstance(raw, str) else None
        return canonical_moment(found if found.tzinfo else found.replace(tzinfo=UTC)) if found else None
    if not isinstance(raw, list):
        return None
    if type_.type is Type.TEXTS:
        return tuple(raw) if all(isinstance(item, str) for item in raw) else None
    fits = all(isinstance(item, Located) and set(item) <= set(type_.fields) for item in raw)
    return tuple(dict(item) for item in raw) if fits else None
