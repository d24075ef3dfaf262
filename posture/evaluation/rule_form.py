"""What judges in a rule, without its words: the form that digests cover and rulesets keep."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from posture.evaluation.document import Located
from posture.evaluation.rule import (
    LANGUAGES,
    Condition,
    Effect,
    FixTemplate,
    Parameter,
    ParameterType,
    Rule,
    Words,
)
from posture.evaluation.verdict import Severity
from posture.facts.vocabulary import Kind


def canonical(value: object) -> str:
    """Canonical JSON: sorted keys, no blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(value: object) -> str:
    """SHA-256, hex, of the canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def rule_form(rule: Rule) -> dict[str, Any]:
    """The judging part of a rule as plain values."""
    purposes = {"purposes": list(rule.purposes)} if rule.purposes else {}
    return {
        **purposes,
        "id": rule.id,
        "subject": rule.subject.value,
        "severity": rule.severity.value,
        "manual": rule.manual,
        "applies": rule.applies.check if rule.applies else None,
        "supported": rule.supported.check if rule.supported else None,
        "check": rule.check,
        "parameters": {
            name: {"type": parameter.type.value, "default": parameter.default}
            for name, parameter in rule.parameters.items()
        },
    }


def rule_from_form(form: Mapping[str, Any], today: Rule | None) -> Rule:
    """The rule that a form describes, in the words of ``today``'s rule of the same id (its id when there is none)."""
    bare = dict.fromkeys(LANGUAGES, str(form["id"]))
    return Rule(
        id=form["id"],
        subject=Kind(form["subject"]),
        severity=Severity(form["severity"]),
        title=today.title if today else bare,
        why=today.why if today else bare,
        evidence=today.evidence if today else bare,
        parameters={name: _parameter(name, value, today, bare) for name, value in form["parameters"].items()},
        manual=form["manual"],
        applies=_condition(form["applies"], today.applies if today else None, bare),
        supported=_condition(form["supported"], today.supported if today else None, bare),
        check=_located(form["check"]) if form["check"] is not None else None,
        fix=today.fix if today else FixTemplate(Effect.NONE, bare, ()),
        references=today.references if today else (),
        examples=(),
        digest=sha256(form),
        purposes=tuple(form.get("purposes", ())),
        related=today.related if today else (),
    )


def _parameter(name: str, form: Mapping[str, Any], today: Rule | None, bare: Words) -> Parameter:
    title = today.parameters[name].title if today and name in today.parameters else bare
    parameter = Parameter(name, ParameterType(form["type"]), None, title)
    return Parameter(name, parameter.type, parameter.accept(form["default"]), title)


def _condition(form: Mapping[str, Any] | None, today: Condition | None, bare: Words) -> Condition | None:
    return Condition(_located(form), today.because if today else bare) if form is not None else None


def _located(form: Mapping[str, Any]) -> Located:
    """A predicate read from JSON has no lines; errors in it name keys only."""
    located = Located({key: _nested(value) for key, value in form.items()})
    located.line = 0
    located.lines = dict.fromkeys(form, 0)
    return located


def _nested(value: Any) -> Any:
    if isinstance(value, dict):
        return _located(value)
    return [_nested(item) for item in value] if isinstance(value, list) else value
