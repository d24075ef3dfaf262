"""What judging says: verdicts, states of checks, scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from posture.facts.resource import Resource
from posture.facts.values import Reason


class Status(StrEnum):
    """The status of one rule on one resource, or on a host."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


WEIGHTS: Mapping[Severity, int] = {Severity.CRITICAL: 10, Severity.HIGH: 5, Severity.MEDIUM: 2, Severity.LOW: 1}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that decided. ``seen`` and ``wanted`` are hostile text made safe for display: no control characters,
    at most 500 characters. ``wanted`` starts with an operator word: "= true", "> 0", "none of …", "≤ 0644"."""

    fact: str
    seen: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check on one resource. ``check`` is the key of the check in the ruleset."""

    check: str
    resource: Resource
    status: Status
    reason: Reason | None
    evidence: tuple[Evidence, ...]
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckState:
    """One check on one host: its status and counts of resources."""

    check: str
    status: Status
    reason: Reason | None
    passed: int
    failed: int
    unknown: int
    not_applicable: int


@dataclass(frozen=True, slots=True)
class Score:
    """An edition's score on one host: ``100 × earned / weight``. All exact.

    ``judged`` of ``applicable`` weight is the coverage; unsupported counts against it.
    """

    edition: str
    earned: Fraction  # Σ weight × credit
    weight: int  # Σ weight over applicable rules
    judged: Fraction  # Σ weight × share of resources that could be judged
    open_criticals: int  # critical rules with f + u > 0 … see docs/score.md


@dataclass(frozen=True, slots=True)
class Assessment:
    """All of one judgement."""

    verdicts: tuple[Verdict, ...]  # every resource × check that is fail or unknown; pass only when asked
    states: Mapping[str, CheckState]
    scores: Mapping[str, Score]
    valid_until: datetime | None
