"""What an edition says of one snapshot, control by control."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from posture.evaluation.catalogue import Catalogue
from posture.evaluation.edition import Control, Edition, Section
from posture.evaluation.evaluate import evaluate
from posture.evaluation.rule import Rule
from posture.evaluation.ruleset import build
from posture.evaluation.verdict import CheckState, Score, Status, Verdict
from posture.facts.normalise import normalise
from posture.facts.observed import of_error
from posture.facts.values import Reason
from posture.facts.wire.host import OtherRuntime
from posture.facts.wire.snapshot import Snapshot

ENGINE = ".version"  # the source that is asked first of an engine


@dataclass(frozen=True, slots=True)
class AssessedControl:
    """A control with its state; ``concerns`` are the resources that fail or could not be judged."""

    control: Control
    rule: Rule
    state: CheckState
    concerns: tuple[Verdict, ...]

    @property
    def status(self) -> Status:
        return self.state.status


@dataclass(frozen=True, slots=True)
class AssessedSection:
    section: Section
    controls: tuple[AssessedControl, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read for one reason, and the agent's words on it."""

    sources: tuple[str, ...]
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """``at`` is the moment of judgement: ages count up to it. ``others``: what else runs containers there and is not
    judged."""

    edition: Edition
    host: str
    at: datetime
    score: Score
    sections: tuple[AssessedSection, ...]
    unread: tuple[Unread, ...]
    others: tuple[OtherRuntime, ...]

    def controls(self) -> Iterator[AssessedControl]:
        for section in self.sections:
            yield from section.controls


def assess(snapshot: Snapshot, catalogue: Catalogue, *, edition: str, at: datetime | None = None) -> Assessed:
    """The snapshot judged by an edition with default parameters and policies; ``at`` defaults to its observation.

    KeyError for an edition that is not there. A control that a policy takes away is left out.
    """
    found = catalogue.editions[edition]
    ruleset = build(catalogue, parameters={}, editions=(edition,))
    facts = normalise(snapshot)
    moment = at or datetime.fromisoformat(snapshot.observed_at)
    assessment = evaluate(facts, ruleset, moment)
    concerns: dict[str, list[Verdict]] = {}
    for verdict in assessment.verdicts:
        concerns.setdefault(verdict.check, []).append(verdict)
    keys = ruleset.editions[edition]
    sections = tuple(
        AssessedSection(section, tuple(_controls(section, keys, assessment.states, catalogue, concerns)))
        for section in found.sections
    )
    host = snapshot.facts.Host
    return Assessed(
        edition=found,
        host=host.Hostname,
        at=moment,
        score=assessment.scores[edition],
        sections=sections,
        unread=unread_of(snapshot),
        others=tuple(host.OtherRuntimes or ()),
    )


def unread_of(snapshot: Snapshot) -> tuple[Unread, ...]:
    """Sources that failed, and engines that are not there; those with the same reason and words together."""
    same: dict[tuple[Reason, str], list[str]] = {}
    for source in snapshot.facts.Sources:
        if source.Status == "failed" or (source.Status == "absent" and source.Name.endswith(ENGINE)):
            reason = Reason.ABSENT if source.Status == "absent" else of_error(source.Reason).reason
            same.setdefault((reason, source.Detail or ""), []).append(source.Name.removesuffix(ENGINE))
    return tuple(Unread(tuple(names), reason, detail) for (reason, detail), names in same.items())


def _controls(
    section: Section,
    keys: Mapping[str, str],
    states: Mapping[str, CheckState],
    catalogue: Catalogue,
    concerns: Mapping[str, list[Verdict]],
) -> Iterator[AssessedControl]:
    for control in section.controls:
        key = keys.get(control.number)
        if key is not None:
            rule = catalogue.rules[key.partition("~")[0]]
            yield AssessedControl(control, rule, states[key], tuple(concerns.get(key, ())))
