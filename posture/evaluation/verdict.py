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
class Judgement:
    """A status with its reason, evidence, and until when it holds (None: until the facts change)."""

    status: Status
    reason: Reason | None = None
    evidence: tuple[Evidence, ...] = ()
    valid_until: datetime | None = None

    @property
    def concerns(self) -> bool:
        """Whether it makes a finding."""
        return self.status is Status.FAIL or self.status is Status.UNKNOWN


Note = tuple[str, Judgement]  # key of the check, and what it says


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
    unsupported: int = 0  # how many of ``failed`` fail because the kernel cannot protect them


@dataclass(frozen=True, slots=True)
class Score:
    """An edition's score on one host: ``100 × earned / weight``. All exact; docs/score.md explains every number."""

    edition: str
    earned: Fraction  # Σ weight × credit
    weight: int  # Σ weight over applicable rules
    judged: Fraction  # Σ weight × share of resources that could be judged, unsupported ones left out
    open_criticals: int  # critical rules that fail or are not shown to hold: f + u > 0
    coverable: int  # ``weight`` and the weight of manual rules
    controls: Mapping[Status, int]  # how many controls have each status

    @property
    def value(self) -> Fraction | None:
        """0 to 100, exact; None when nothing is applicable."""
        return 100 * self.earned / self.weight if self.weight else None

    @property
    def coverage(self) -> Fraction:
        """0 to 1, exact: how much of the weight a machine could judge. 1 when there was nothing to judge."""
        return self.judged / self.coverable if self.coverable else Fraction(1)


@dataclass(frozen=True, slots=True)
class Assessment:
    """All of one judgement. ``notes``: each resource with what fails or is unknown on it; passes only when asked."""

    notes: tuple[tuple[Resource, tuple[Note, ...]], ...]
    states: Mapping[str, CheckState]
    scores: Mapping[str, Score]
    valid_until: datetime | None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The notes, each by itself."""
        return tuple(
            Verdict(key, resource, said.status, said.reason, said.evidence, said.valid_until)
            for resource, notes in self.notes
            for key, said in notes
        )
