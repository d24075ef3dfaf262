"""Why a score moved between two moments: fixed, broken, population and rules, adding up exactly.

With E the weight earned and W the weight that counts, a host's score is 100 · E / W. Its move is

    100 · (E₁ − E₀) / W₁   +   100 · E₀ · (1/W₁ − 1/W₀)

The second term is what a changed weight does to what was earned already. The first is a sum over the checks whose state
changed: of each, resources that pass now and were there before are *fixed*, those that no longer pass are *broken*,
the rest came or went (*population*). Where other rules judge at the end, all that no resource explains is *rules*.
Docs: docs/score.md.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db.models import F, Q

from posture.fleet.models import (
    ClosedCheckState,
    ClosedFinding,
    ClosedScore,
    OpenCheckState,
    OpenFinding,
    OpenScore,
)
from posture.fleet.queries.changes import Period
from posture.fleet.queries.editions import of_edition
from posture.fleet.queries.interval import covering
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.standing import judged_column

HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class Split:
    """Points of a score, exact: ``fixed + broken + population + rules == after - before``."""

    before: Fraction
    after: Fraction
    fixed: Fraction = Fraction(0)
    broken: Fraction = Fraction(0)
    population: Fraction = Fraction(0)
    rules: Fraction = Fraction(0)

    @property
    def change(self) -> Fraction:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Judged:
    """A host's score at a moment: weight earned, weight that counts, what judged."""

    earned: Fraction
    weight: int
    ruleset: int

    @property
    def score(self) -> Fraction:
        return HUNDRED * self.earned / self.weight if self.weight else Fraction(0)


@dataclass(frozen=True, slots=True)
class Counted:
    """A check's resources at a moment; manual checks earn nothing and have no weight."""

    passed: int
    judged: int


@dataclass(slots=True)
class Moved:
    """Resources of one check on one host whose verdict moved between two moments."""

    fixed: int = 0
    gone: int = 0
    broken: int = 0
    new: int = 0


def split_fleet(*, scope: Scope, period: Period, weights: Mapping[str, int], critical: Iterable[str]) -> Split:
    """The split of the mean score of a scope. ``weights``: of the rules, by id; hosts that came or went, or that the
    edition began or ceased to judge, are population. The number of statements does not grow with hosts."""
    before, after = _scores(scope, period.from_at), _scores(scope, period.to_at)
    members = [_members(scope, at, scores) for at, scores in ((period.from_at, before), (period.to_at, after))]
    moved = {host for host in members[0] & members[1] if before.get(host) != after.get(host)}
    ours = of_edition(edition=scope.edition)
    states = _changed_states(moved, period, ours)
    findings = _moved_findings(moved, period, ours)
    hosts, all_or_nothing = len(members[1]), frozenset(critical)
    mean = [_mean(scores, there) for scores, there in zip((before, after), members, strict=True)]
    parts = {"fixed": Fraction(0), "broken": Fraction(0), "population": Fraction(0), "rules": Fraction(0)}
    for host in moved:
        old, new = before.get(host), after.get(host)
        if old is None or new is None or not old.weight or not new.weight:
            continue
        one = split_host(old, new, states[host], findings[host], weights, all_or_nothing)
        for name in parts:
            parts[name] += getattr(one, name) / hosts
    # Hosts that came, went or were judged for the first time.
    parts["population"] += mean[1] - mean[0] - sum(parts.values())
    return Split(before=mean[0], after=mean[1], **parts)


def split_host(
    old: Judged,
    new: Judged,
    states: Mapping[str, tuple[Counted, Counted]],
    findings: Mapping[str, Moved],
    weights: Mapping[str, int],
    critical: frozenset[str],
) -> Split:
    """The split of one host; ``states`` holds the checks whose state differs between the two moments."""
    fixed = broken = population = Fraction(0)
    for key, (first, last) in states.items():
        rule = key.partition("~")[0]
        scale = HUNDRED * weights.get(rule, 0) / new.weight
        gained, lost, rest = split_check(first, last, findings.get(key, Moved()), all_or_nothing=rule in critical)
        fixed += scale * gained
        broken -= scale * lost
        population += scale * rest
    change = new.score - old.score
    if old.ruleset != new.ruleset:
        return Split(old.score, new.score, fixed, broken, population, change - fixed - broken - population)
    return Split(old.score, new.score, fixed, broken, change - fixed - broken, Fraction(0))


def split_check(
    first: Counted, last: Counted, moved: Moved, *, all_or_nothing: bool
) -> tuple[Fraction, Fraction, Fraction]:
    """Credit (0-1) that was fixed, was broken, and the rest, which came or went."""
    old, new = credit_of(first, all_or_nothing), credit_of(last, all_or_nothing)
    if not first.judged or not last.judged:
        return Fraction(0), Fraction(0), new - old
    if all_or_nothing:
        better, worse = moved.fixed + moved.gone, moved.broken + moved.new
        fixed = (new - old) * Fraction(moved.fixed, better) if new > old and better else Fraction(0)
        broken = (old - new) * Fraction(moved.broken, worse) if new < old and worse else Fraction(0)
    else:
        fixed, broken = Fraction(moved.fixed, first.judged), Fraction(moved.broken, first.judged)
    return fixed, broken, new - old - fixed + broken


def credit_of(counted: Counted, all_or_nothing: bool) -> Fraction:
    """Passed of judged; a critical check earns nothing unless all pass."""
    if not counted.judged or (all_or_nothing and counted.passed < counted.judged):
        return Fraction(0)
    return Fraction(counted.passed, counted.judged)


def _mean(scores: Mapping[uuid.UUID, Judged], hosts: set[uuid.UUID]) -> Fraction:
    """The mean over hosts: without weight they are out, never judged they count zero."""
    counted = [scores[host].score if host in scores else Fraction(0) for host in hosts
               if host not in scores or scores[host].weight]  # fmt: skip
    return sum(counted, Fraction(0)) / len(counted) if counted else Fraction(0)


def _members(scope: Scope, at: datetime, scores: Mapping[uuid.UUID, Judged]) -> set[uuid.UUID]:
    """The hosts that count at a moment: those that only other editions judge do not."""
    hosts = scope.hosts_at(at=at).annotate(judged=judged_column(at=at))
    return {host for host, judged in hosts.values_list("pk", "judged") if host in scores or not judged}


def _scores(scope: Scope, at: datetime) -> dict[uuid.UUID, Judged]:
    columns = ("host_id", "numerator", "denominator", "weight", "ruleset_id")
    primary = Q(host__in=scope.hosts_at(at=at), edition=scope.edition or F("host__group__primary_edition"))
    rows = [
        *OpenScore.objects.filter(primary, from_at__lte=at).values_list(*columns),
        *ClosedScore.objects.filter(primary, covering(at=at)).values_list(*columns),
    ]
    return {
        host: Judged(Fraction(int(top), int(bottom)), weight, ruleset) for host, top, bottom, weight, ruleset in rows
    }


def _changed_states(
    hosts: set[uuid.UUID], period: Period, ours: Q
) -> defaultdict[uuid.UUID, dict[str, tuple[Counted, Counted]]]:
    """The checks whose row at the end is not their row at the beginning, with both states."""
    none = Counted(0, 0)
    columns = ("host_id", "check_key", "status", "passed", "failed", "unknown")
    began = ours & Q(host__in=hosts, from_at__lte=period.from_at)
    ended = Q(to_at__gt=period.from_at, to_at__lte=period.to_at)
    late = ours & Q(host__in=hosts, from_at__gt=period.from_at, from_at__lte=period.to_at)
    first = _counted(ClosedCheckState.objects.filter(began & ended).values_list(*columns))
    last = _counted(
        [
            *OpenCheckState.objects.filter(late).values_list(*columns),
            *ClosedCheckState.objects.filter(late, to_at__gt=period.to_at).values_list(*columns),
        ]
    )
    found: defaultdict[uuid.UUID, dict[str, tuple[Counted, Counted]]] = defaultdict(dict)
    for host, key in first.keys() | last.keys():
        found[host][key] = (first.get((host, key), none), last.get((host, key), none))
    return found


def _counted(rows: Iterable[Any]) -> dict[tuple[uuid.UUID, str], Counted]:
    return {
        (host, key): Counted(0, 0) if status == "manual" else Counted(passed, passed + failed + unknown)
        for host, key, status, passed, failed, unknown in rows
    }


def _moved_findings(hosts: set[uuid.UUID], period: Period, ours: Q) -> defaultdict[uuid.UUID, defaultdict[str, Moved]]:
    """Resources that did not pass at one of the two moments and did at the other, or were not there."""
    columns = ("host_id", "check_key", "resource_id", "resource__first_seen_at", "resource__gone_at")
    here = ours & Q(host__in=hosts)
    first = set(
        ClosedFinding.objects.filter(here, covering(at=period.from_at), to_at__lte=period.to_at).values_list(*columns)
    )
    late = here & Q(from_at__gt=period.from_at, from_at__lte=period.to_at)
    last = {
        *OpenFinding.objects.filter(late).values_list(*columns),
        *ClosedFinding.objects.filter(late, to_at__gt=period.to_at).values_list(*columns),
    }
    found: defaultdict[uuid.UUID, defaultdict[str, Moved]] = defaultdict(lambda: defaultdict(Moved))
    for host, key, _resource, _seen, gone in first - last:
        if gone is None or gone > period.to_at:
            found[host][key].fixed += 1
        else:
            found[host][key].gone += 1
    for host, key, _resource, seen, _gone in last - first:
        if seen <= period.from_at:
            found[host][key].broken += 1
        else:
            found[host][key].new += 1
    return found
