"""A rule from its document. Everything that is not of the form of docs/rule-format.md is refused, with its line."""

import re
from collections.abc import Mapping
from dataclasses import replace

from posture.evaluation.document import Located
from posture.evaluation.example_reader import read_example
from posture.evaluation.fields import check_keys, choice, mapping, mappings, text, texts, words, wrong
from posture.evaluation.rule import (
    Condition,
    Effect,
    FixTemplate,
    Parameter,
    ParameterType,
    Rule,
    Step,
    Via,
)
from posture.evaluation.rule_form import rule_form, sha256
from posture.evaluation.trouble import DataError
from posture.evaluation.verdict import Severity
from posture.facts.vocabulary import PURPOSES, Kind

PLACEHOLDERS = frozenset(
    (
        *("name", "id", "image", "service", "project", "tag", "network", "path", "daemon_json", "run_command"),
        *("user_suggestion", "memory_suggestion", "cpus_suggestion", "pids_suggestion"),
        *("members", "group_members", "groups", "accounts", "ports", "files", "registries", "sources"),
        *("services", "variables", "secrets", "data_root", "ingress", "overlay", "devices_kept", "mounts_read_only"),
        *("ports_loopback", "ports_high", "mounts_private", "mounts_safe", "capabilities_kept"),
    )
)
_NEEDED = ("id", "subject", "severity", "title", "why", "evidence", "fix")
_OPTIONAL = ("parameters", "manual", "applies", "supported", "check", "references", "examples", "purposes", "related")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"(?<![{$])\{([a-z_]+)\}(?!\})")
_MAXIMUM_WORDS = 400
_MAXIMUM_STEP = 4000


def read_rule(source: Located) -> Rule:
    """Raises DataError naming key and line."""
    check_keys(source, needed=_NEEDED, optional=_OPTIONAL)
    subject = choice(source, "subject", Kind)
    parameters = _parameters(mapping(source, "parameters")) if "parameters" in source else {}
    manual = _manual(source, parameters)
    rule = Rule(
        id=_id(source),
        subject=subject,
        severity=choice(source, "severity", Severity),
        title=words(source, "title", maximum=120),
        why=words(source, "why"),
        evidence=words(source, "evidence"),
        parameters=parameters,
        manual=manual,
        applies=_condition(source, "applies"),
        supported=_condition(source, "supported"),
        check=_check(source, manual),
        fix=_fix(mapping(source, "fix")),
        references=texts(source, "references") if "references" in source else (),
        examples=tuple(
            read_example(example, subject, parameters)
            for example in (mappings(source, "examples") if "examples" in source else ())
        ),
        digest="",
        purposes=_purposes(source, subject),
        related=texts(source, "related") if "related" in source else (),
    )
    return replace(rule, digest=sha256(rule_form(rule)))


def _id(source: Located) -> str:
    value = text(source, "id", maximum=80)
    if not _ID.fullmatch(value):
        raise wrong(source, "id", "lower-case words joined by hyphens")
    return value


def _purposes(source: Located, subject: Kind) -> tuple[str, ...]:
    """A rule on files names the files it judges, by purpose; others judge every resource of their kind."""
    if subject is not Kind.FILE:
        if "purposes" in source:
            raise wrong(source, "purposes", "only a rule on files has purposes")
        return ()
    if "purposes" not in source:
        raise DataError("a rule on files names their purposes", key="purposes", line=source.line)
    values = texts(source, "purposes")
    unknown = [value for value in values if value not in PURPOSES]
    if unknown or not values or len(set(values)) != len(values):
        raise wrong(source, "purposes", f"wants purposes of files, each once; unknown: {', '.join(unknown) or 'none'}")
    return values


def _parameters(source: Located) -> dict[str, Parameter]:
    parameters: dict[str, Parameter] = {}
    for name in source:
        if not _NAME.fullmatch(name):
            raise wrong(source, name, "a parameter's name is lower-case letters, digits and underscores")
        value = mapping(source, name)
        check_keys(value, needed=("type", "title"), optional=("default",))
        parameter = Parameter(name, choice(value, "type", ParameterType), None, words(value, "title", maximum=160))
        try:
            default = parameter.accept(value.get("default"))
        except ValueError as error:
            raise wrong(value, "default", str(error)) from error
        parameters[name] = Parameter(name, parameter.type, default, parameter.title)
    return parameters


def _manual(source: Located, parameters: Mapping[str, Parameter]) -> bool | str:
    value = source.get("manual", False)
    if isinstance(value, bool):
        return value
    if isinstance(value, Located) and set(value) == {"unless"} and value["unless"] in parameters:
        return str(value["unless"])
    raise wrong(source, "manual", "wants true, false or {unless: name of a parameter of this rule}")


def _check(source: Located, manual: bool | str) -> Located | None:
    if manual is True:
        for key in ("check", "applies", "supported"):
            if key in source:
                raise wrong(source, key, "a rule that is always manual asks nothing of facts")
        return None
    if "check" not in source:
        raise DataError("this key is missing", key="check", line=source.line)
    return mapping(source, "check")


def _condition(source: Located, key: str) -> Condition | None:
    if key not in source:
        return None
    value = mapping(source, key)
    check_keys(value, needed=("check", "because"))
    return Condition(mapping(value, "check"), words(value, "because"))


def _fix(source: Located) -> FixTemplate:
    check_keys(source, needed=("effect", "breaks", "steps"))
    steps = mappings(source, "steps")
    if not steps:
        raise wrong(source, "steps", "wants at least one step")
    return FixTemplate(choice(source, "effect", Effect), words(source, "breaks"), tuple(map(_step, steps)))


def _step(source: Located) -> Step:
    check_keys(source, needed=("via", "text"))
    value = text(source, "text", maximum=_MAXIMUM_STEP)
    for word in _PLACEHOLDER.findall(value):
        if word not in PLACEHOLDERS:
            raise wrong(source, "text", f"unknown placeholder {{{word}}}")
    return Step(choice(source, "via", Via), value)
