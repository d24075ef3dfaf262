"""Verdicts are a function: ``evaluate(facts, ruleset, at)``."""

from collections import defaultdict
from datetime import datetime

from posture.evaluation import answers, part
from posture.evaluation.part import Judging
from posture.evaluation.ruleset import Ruleset
from posture.evaluation.score import total
from posture.evaluation.verdict import Assessment, CheckState, Note
from posture.facts.resource import HostFacts, Resource
from posture.facts.vocabulary import Kind


def evaluate(facts: HostFacts, ruleset: Ruleset, at: datetime, *, everything: bool = False) -> Assessment:
    """Every check on every resource of its kind.

    ``notes`` holds what fails or is unknown; ``everything`` adds what passes or does not apply, with evidence.
    ``valid_until``: until when all this holds while the facts stay; None when time alone changes nothing.
    """
    resources: defaultdict[Kind, list[Resource]] = defaultdict(list)
    for resource in facts.resources:
        resources[resource.kind].append(resource)
    notes: list[tuple[Resource, tuple[Note, ...]]] = []
    found: dict[str, CheckState] = {}
    parts = []
    judging = Judging(facts, ruleset, at, everything)
    for kind in Kind:
        one = judging.part(kind, resources[kind])
        notes.extend(zip(resources[kind], one.notes, strict=True))
        found.update(one.states)
        parts.append(one)
    return Assessment(
        notes=tuple(notes),
        states={key: found[key] for key in ruleset.checks},
        scores={edition: total(edition, [one.subtotals[edition] for one in parts]) for edition in ruleset.editions},
        valid_until=min((one.span.until for one in parts if one.span.until is not None), default=None),
    )


def forget() -> None:
    """Empties every memory of judgements."""
    part.forget()
    answers.forget()
