"""What a compliance report says: typed, without layout, so that every format prints the same thing.

Moments are aware; scores are 0-100, coverage 0-1. ``Words`` of rules and editions are in the report's language already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from posture.evaluation.rule import ParameterValue

STATUSES = ("fail", "unknown", "manual", "pass", "not_applicable")
OPEN = ("fail", "unknown", "manual")  # statuses that something can be done about


@dataclass(frozen=True, slots=True)
class Subject:
    """What the report is about. ``details`` are pairs of a phrase's key and a text (board, kernel, engine …).

    ``observed_at`` is when a host's facts were observed that the report rests on, ``confirmed_at`` when its agent last
    said that they still held.
    """

    kind: str  # "host" or "group"
    name: str
    is_demo: bool
    details: tuple[tuple[str, str], ...] = ()
    observed_at: datetime | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What makes the report checkable: which advice, which moment, which rules."""

    edition: str
    edition_title: str
    as_of: datetime
    zone: str  # IANA name
    made_at: datetime
    made_by: str
    rulesets: tuple[str, ...]
    product_version: str
    language: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of the cover. ``score`` is None where nothing was judged."""

    score: float | None
    word: str  # good, fair, weak, exposed, none
    coverage: float
    open_criticals: int
    hosts: int
    judged_hosts: int


@dataclass(frozen=True, slots=True)
class SectionLine:
    """One section of the edition: how many of its controls have which status."""

    number: str
    title: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """Resources of one host that do not pass for the same reason. ``facts`` are (fact, seen, wanted)."""

    host: str
    kind: str
    resources: tuple[str, ...]
    status: str
    reason: str
    facts: tuple[tuple[str, str, str], ...]
    since: datetime
    because: str = ""  # the rule's words, where the kernel cannot protect


@dataclass(frozen=True, slots=True)
class Place:
    """Some of the ``count`` resources of one host; a list that could not be read has no name."""

    host: str
    names: tuple[str, ...]
    count: int

    @property
    def more(self) -> int:
        """How many are not named."""
        return max(self.count - len(self.names), 0) if any(self.names) else 0


@dataclass(frozen=True, slots=True)
class Observation:
    """Resources that pass, that a control does not concern, or that could not be listed, with the same evidence.

    ``because`` are the rule's words (not applicable) or the agent's (unknown); ``places`` are the first of all
    ``hosts``, which together have ``resources`` of them.
    """

    status: str
    kind: str
    reason: str
    because: str
    facts: tuple[tuple[str, str, str], ...]
    places: tuple[Place, ...]
    hosts: int
    resources: int


@dataclass(frozen=True, slots=True)
class FixStep:
    """Commands or a file's lines, with the tool they are for (compose, run, daemon.json …).

    ``then`` is the command that puts a file in force, ``note`` says how to use it; both may be empty.
    """

    via: str
    text: str
    then: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Remediation:
    """How to make a control pass. ``example`` names the resource that the steps are written for, if one is."""

    effect: str  # live, restart, recreate, rebuild, host, none
    breaks: str
    steps: tuple[FixStep, ...]
    example: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """One control of the edition with its result. Counts are of resources; ``hosts`` counts hosts by status.

    ``evidence`` is what does not pass, ``observations`` the rest, with ``unlisted`` resources in none of its rows.
    ``asks``: the value that is waited for, what a person has to look at, or access to what could not be read.
    """

    number: str
    section: str
    title: str
    severity: str
    status: str
    reason: str
    why: str
    passed: int
    failed: int
    unknown: int
    hosts: Mapping[str, int]
    evidence: tuple[EvidenceRow, ...]
    remediation: Remediation | None
    observations: tuple[Observation, ...] = ()
    unlisted: int = 0
    asks: tuple[str, str] | None = None  # a phrase's key and the rule's words


@dataclass(frozen=True, slots=True)
class Term:
    """What decided besides the facts: the choice of a policy (``value`` is its words) or a parameter's value.

    ``origin``: "default", "set" (by the operator), "edition" (it says so itself) or "choice" (of the policy).
    ``hosts``: how many of the report's judged hosts were judged so.
    """

    numbers: tuple[str, ...]
    title: str
    value: ParameterValue
    origin: str
    hosts: int
    is_policy: bool = False


@dataclass(frozen=True, slots=True)
class HostLine:
    """One host of a group."""

    name: str
    board: str
    engine: str
    state: str
    word: str
    score: float | None
    coverage: float
    open_criticals: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A host, or a part of one, that the figures do not cover, and why: a word, for a source that could not be
    read its name, the reason (a word too) and the agent's own words, for a runtime that is not judged its name and
    what shows it."""

    host: str
    why: str
    source: str = ""
    reason: str = ""
    detail: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    at: datetime
    score: float | None
    coverage: float


@dataclass(frozen=True, slots=True)
class Silence:
    """A time without data; ``planned``: nobody expected any; ``dropped``: facts changed and were not kept."""

    from_at: datetime
    to_at: datetime
    planned: bool
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """The score up to the moment of the report; ``silences`` are times without data."""

    from_at: datetime
    to_at: datetime
    points: tuple[TrendPoint, ...]
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """All of one report."""

    subject: Subject
    frame: Frame
    figures: Figures
    sections: tuple[SectionLine, ...]
    controls: tuple[Control, ...]
    trend: Trend
    hosts: tuple[HostLine, ...] = ()
    uncovered: tuple[Uncovered, ...] = field(default=())
    terms: tuple[Term, ...] = ()
