"""Facts judged by every edition, and what may not get better."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import msgspec

from posture.evaluation.catalogue import load
from posture.evaluation.evaluate import evaluate
from posture.evaluation.ruleset import Ruleset, build
from posture.evaluation.verdict import Assessment, Status, Verdict
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.tests.builders import snapshot
from posture.facts.wire.snapshot import Facts

AT = datetime(2026, 1, 10, tzinfo=UTC)
BAD = (Status.FAIL, Status.UNKNOWN)


@cache
def ruleset() -> Ruleset:
    """Every edition at once."""
    return build(load(), parameters={})


def normalised(facts: Facts) -> HostFacts:
    """The facts in an ordinary envelope."""
    return normalise(msgspec.structs.replace(snapshot(), facts=facts))


def judged(facts: HostFacts) -> Assessment:
    return evaluate(facts, ruleset(), AT)


@dataclass(frozen=True)
class Standing:
    """What a host's facts say: ``bad`` are the checks and resources that fail or are unknown."""

    facts: HostFacts
    assessment: Assessment
    bad: frozenset[tuple[str, str]]

    def everything(self) -> tuple[Verdict, ...]:
        """What passes or does not apply as well."""
        return evaluate(self.facts, ruleset(), AT, everything=True).verdicts


def standing(facts: HostFacts) -> Standing:
    found = judged(facts)
    return Standing(facts, found, frozenset((key, one.key) for one, notes in found.notes for key, _ in notes))


def better(before: Standing, after: Standing) -> Iterator[str]:
    """Every way in which the second is better than the first, in words: none when nothing is."""
    there = {one.key: one for one in after.facts.resources}
    judging = ruleset()
    for check, key in sorted(before.bad - after.bad):
        one = there.get(key)
        places = {place for place, checks in judging.places.items() if judging.checks[check] in checks}
        if one is not None and (one.kind, one.purpose) in places:
            yield f"{check} no longer says anything bad about {key}"
    yield from better_states(before, after)
    yield from better_scores(before, after)


def better_states(before: Standing, after: Standing) -> Iterator[str]:
    """Checks that did not pass on the host and now do."""
    for check, state in after.assessment.states.items():
        was = before.assessment.states[check].status
        if was in BAD and state.status is Status.PASS:
            yield f"{check} was {was} and passes"


def better_scores(before: Standing, after: Standing) -> Iterator[str]:
    """Editions whose score rose, or that have fewer open criticals."""
    for edition, old in before.assessment.scores.items():
        new = after.assessment.scores[edition]
        if old.value is not None and (new.value is None or new.value > old.value):
            yield f"{edition} rose from {old.value} to {new.value}"
        if new.open_criticals < old.open_criticals:
            yield f"{edition} has fewer open criticals"
