"""What was observed where nothing is wrong: the stored facts judged once more, by the very ruleset that judged them.

The ledger keeps findings only. What passes, or does not apply, follows from facts and ruleset at any time; it is put
together host by host, so that memory grows with what is printed and not with the fleet.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from posture.evaluation.evaluate import evaluate
from posture.evaluation.rule import Rule
from posture.evaluation.ruleset import Ruleset
from posture.evaluation.verdict import Status, Verdict
from posture.facts.resource import Gap, HostFacts
from posture.facts.vocabulary import Kind
from posture.fleet.queries.report import EditionScore
from posture.fleet.services.observed import facts_at
from posture.fleet.services.rulesets import read_ruleset
from posture.reports.content import Observation, Place
from posture.reports.fixes import say

KEYS = 60  # different evidence that is told apart for one control while reading; the rest is only counted
FACTS = 6  # of one observation
PRINTED = (Status.PASS, Status.NOT_APPLICABLE)

Facts = tuple[tuple[str, str, str], ...]
Key = tuple[str, str, str, str, Facts]  # status, kind, reason, because, facts


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of one control is kept: rows, hosts of a row, names of a host."""

    rows: int
    hosts: int
    names: int


HOST = Bounds(rows=12, hosts=1, names=12)
GROUP = Bounds(rows=4, hosts=4, names=3)


@dataclass(slots=True)
class Bundle:
    """Resources that say the same; ``places`` are the first of them by host."""

    resources: int = 0
    hosts: int = 0
    places: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Collector:
    """The observations of one control, host after host."""

    bounds: Bounds
    bundles: dict[Key, Bundle] = field(default_factory=dict)
    unlisted: int = 0

    def add(self, host: str, found: Mapping[Key, list[str]]) -> None:
        """What one host shows: names of resources by what they say."""
        for key, names in found.items():
            bundle = self.bundles.get(key)
            if bundle is None and len(self.bundles) == KEYS:
                self.unlisted += len(names)
                continue
            bundle = self.bundles.setdefault(key, Bundle())
            bundle.resources += len(names)
            bundle.hosts += 1
            if len(bundle.places) < self.bounds.hosts:
                bundle.places.append(Place(host, tuple(sorted(names)[: self.bounds.names]), len(names)))

    def observations(self) -> tuple[Observation, ...]:
        """The rows to print: what could not be read, what passes, what does not apply; the most frequent first."""
        order = (Status.UNKNOWN, *PRINTED)
        ranked = sorted(
            self.bundles.items(), key=lambda item: (order.index(Status(item[0][0])), -item[1].resources, item[0])
        )
        return tuple(
            Observation(status, kind, reason, because, facts, tuple(bundle.places), bundle.hosts, bundle.resources)
            for (status, kind, reason, because, facts), bundle in ranked[: self.bounds.rows]
        )

    def left_out(self) -> int:
        """How many resources stand in no row."""
        listed = sum(row.resources for row in self.observations())
        return self.unlisted + sum(bundle.resources for bundle in self.bundles.values()) - listed


def gather_observations(
    *,
    hosts: Iterable[tuple[uuid.UUID, str]],
    scores: Mapping[uuid.UUID, EditionScore],
    checks: set[str],
    at: datetime,
    language: str,
    bounds: Bounds,
) -> dict[str, Collector]:
    """What the hosts (id, name) show for some checks at a moment, by check. Three statements a host.

    A host that was not judged, or by rules that this product can no longer follow, shows nothing.
    """
    found = {key: Collector(bounds) for key in checks}
    for host, name in hosts:
        score = scores.get(host)
        ruleset = read_ruleset(score.ruleset) if score else None
        facts = facts_at(host=host, at=at) if ruleset else None
        if ruleset is None or facts is None:
            continue
        for key, seen in look(facts, ruleset, checks, at, language).items():
            found[key].add(name, seen)
    return found


def look(
    facts: HostFacts, ruleset: Ruleset, checks: set[str], at: datetime, language: str
) -> dict[str, dict[Key, list[str]]]:
    """One host: names of resources by check and by what they say."""
    seen: dict[str, dict[Key, list[str]]] = {}
    for verdict in evaluate(facts, ruleset, at, everything=True).verdicts:
        if verdict.check in checks and verdict.status in PRINTED:
            key = key_of(verdict, ruleset.checks[verdict.check].rule, language)
            seen.setdefault(verdict.check, {}).setdefault(key, []).append(verdict.resource.name)
    for check in checks & ruleset.checks.keys():
        one = ruleset.checks[check]
        for gap in facts.gaps if one.logic.manual is None else ():
            if gap.kind is one.rule.subject:
                seen.setdefault(check, {}).setdefault(key_of_gap(gap), []).append("")
    return seen


def key_of(verdict: Verdict, rule: Rule, language: str) -> Key:
    facts = [(one.fact, one.seen, one.wanted) for one in verdict.evidence[:FACTS]]
    if verdict.status is Status.PASS:
        return verdict.status.value, verdict.resource.kind.value, "", "", tuple(facts)
    # What would have to be so for the rule to apply is not wanted of anybody.
    because = say(rule.applies.because, language) if rule.applies else ""
    seen = tuple((fact, value, "") for fact, value, _wanted in facts)
    return verdict.status.value, verdict.resource.kind.value, "", because, seen


def key_of_gap(gap: Gap) -> Key:
    return Status.UNKNOWN.value, Kind(gap.kind).value, gap.reason.value, gap.detail, ()
