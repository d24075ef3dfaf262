"""A rule, as loaded: words, logic and examples. See docs/rule-format.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from posture.evaluation.document import Located
from posture.evaluation.verdict import Severity, Status
from posture.facts.values import Reason, Value
from posture.facts.vocabulary import Kind

Words = Mapping[str, str]  # by language: "en", "fr"
ParameterValue = bool | int | str | tuple[str, ...] | None
LANGUAGES = ("en", "fr")


LARGEST = 2**63 - 1  # as on the wire


class ParameterType(StrEnum):
    INTEGER = "integer"
    TEXT = "text"
    TEXTS = "texts"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value the operator may change; ``default`` None is "not given"."""

    name: str
    type: ParameterType
    default: ParameterValue
    title: Words

    def accept(self, value: object) -> ParameterValue:
        """The value in its own type. Raises ValueError when it has another."""
        if value is None:
            return None
        if self.type is ParameterType.TEXTS:
            if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
                return tuple(value)
        elif (
            (self.type is ParameterType.TEXT and isinstance(value, str))
            or (self.type is ParameterType.BOOLEAN and isinstance(value, bool))
            or (self.type is ParameterType.INTEGER and isinstance(value, int) and not isinstance(value, bool))
        ):
            if self.type is ParameterType.INTEGER and abs(int(value)) > LARGEST:
                raise ValueError(f"the parameter {self.name} is beyond what a fact can be")
            return value
        raise ValueError(f"the parameter {self.name} wants {self.type.value}, not {value!r}")


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate (as written) and the words for when it is false."""

    check: Located
    because: Words


class Effect(StrEnum):
    """What applying the fix touches."""

    LIVE = "live"
    RESTART = "restart"
    RECREATE = "recreate"
    REBUILD = "rebuild"
    HOST = "host"
    NONE = "none"


class Via(StrEnum):
    """Where a step of a fix is typed."""

    COMPOSE = "compose"
    RUN = "run"
    LIVE = "live"
    SWARM = "swarm"
    DAEMON_JSON = "daemon.json"
    DOCKERFILE = "dockerfile"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Step:
    via: Via
    text: str


@dataclass(frozen=True, slots=True)
class FixTemplate:
    effect: Effect
    breaks: Words
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """Facts and the status they must give; ``line`` is where it stands."""

    status: Status
    reason: Reason | None
    facts: Mapping[str, Value]
    parameters: Mapping[str, ParameterValue]
    at: datetime
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``manual`` is True (always), False, or the parameter that ends it. ``digest`` covers what judges,
    not the words: a better sentence does not make a new ruleset.

    ``purposes``: of a rule on files, which files it judges. ``related``: ids of rules that judge the same matter
    otherwise, stricter or for another release; what is related is also the counterpart of the other's controls."""

    id: str
    subject: Kind
    severity: Severity
    title: Words
    why: Words
    evidence: Words
    parameters: Mapping[str, Parameter]
    manual: bool | str
    applies: Condition | None
    supported: Condition | None
    check: Located | None
    fix: FixTemplate
    references: tuple[str, ...]
    examples: tuple[Example, ...]
    digest: str
    purposes: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
