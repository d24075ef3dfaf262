"""The score of an edition on a host. docs/score.md explains it with an example that a test recomputes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from posture.evaluation.ruleset import Ruleset
from posture.evaluation.verdict import WEIGHTS, CheckState, Score, Severity, Status


@dataclass(frozen=True, slots=True)
class ScorePart:
    """What one rule of an edition brings and costs. Losses are in points of the score (0 to 100), exact.

    A rule that stands under several numbers counts once: it is one part with several ``controls``.
    """

    controls: tuple[str, ...]
    check: str
    status: Status
    severity: Severity
    weight: int  # 0 when it does not count: not applicable or manual
    credit: Fraction  # 0 to 1
    lost: Fraction
    lost_to_failures: Fraction
    lost_to_unknown: Fraction


def credit(state: CheckState, severity: Severity) -> Fraction | None:
    """p / (p + f + u); a critical rule earns nothing unless f + u = 0; None when the rule does not count."""
    total = state.passed + state.failed + state.unknown
    if state.status is Status.MANUAL or total == 0:
        return None
    if severity is Severity.CRITICAL and state.passed < total:
        return Fraction(0)
    return Fraction(state.passed, total)


# What a check adds to the sums of a score: earned and judged (numerators over a common denominator: whole numbers are
# added much faster than fractions), weight, manual weight, open criticals, and controls by status.
Points = tuple[int, ...]
_ONCE = 5  # of these each check adds once to an edition, the counts of controls for each control
_ORDER = tuple(Status)
_NOTHING = (0,) * (_ONCE + len(_ORDER))
_STATUSES = {status: tuple(int(one is status) for one in _ORDER) for status in Status}


@dataclass(frozen=True, slots=True)
class Scored:
    """The points of some checks over a common denominator."""

    denominator: int
    points: Mapping[str, Points]


@dataclass(frozen=True, slots=True)
class Subtotal:
    """The points of an edition's checks of one kind, added."""

    denominator: int
    points: Points


def scored(checks: Iterable[tuple[str, Severity]], states: Mapping[str, CheckState]) -> Scored:
    """What each of these checks adds to a score in which it stands."""
    common = lcm(*{_counted(state) or 1 for state in states.values()})
    return Scored(common, {key: _points(states[key], severity, common) for key, severity in checks})


def _counted(state: CheckState) -> int:
    return state.passed + state.failed + state.unknown


def _points(state: CheckState, severity: Severity, common: int) -> Points:
    one, total = WEIGHTS[severity], _counted(state)
    if state.status is Status.MANUAL or total == 0:
        return (0, 0, 0, one if state.status is Status.MANUAL else 0, 0, *_STATUSES[state.status])
    unit = one * (common // total)
    gone = severity is Severity.CRITICAL and state.passed < total
    earned = 0 if gone else unit * state.passed
    judged = unit * (state.passed + state.failed - state.unsupported)
    return (earned, judged, one, 0, int(gone), *_STATUSES[state.status])


def rescored(before: Scored, checks: Iterable[tuple[str, Severity]], states: Mapping[str, CheckState]) -> Scored | None:
    """With these checks in other states. None where their shares do not fit the denominator."""
    points = dict(before.points)
    for key, severity in checks:
        if before.denominator % (_counted(states[key]) or 1):
            return None
        points[key] = _points(states[key], severity, before.denominator)
    return Scored(before.denominator, points)


def subtotal(members: Mapping[str, int], found: Scored) -> Subtotal:
    """What the checks of an edition add to its score, given with how many controls each judges."""
    return Subtotal(found.denominator, _added(_NOTHING, members, members, found.points))


def _added(start: Points, keys: Iterable[str], members: Mapping[str, int], points: Mapping[str, Points]) -> Points:
    """With the points of those keys that the edition has: once, and what counts controls once for each."""
    terms = [start]
    for key in keys:
        times = members.get(key, 0)
        if times:
            terms.append(points[key])
            terms.extend([(*_NOTHING[:_ONCE], *points[key][_ONCE:])] * (times - 1))
    return tuple([sum(column) for column in zip(*terms, strict=True)])


def moves(old: Scored, new: Scored, changed: Iterable[str]) -> Mapping[str, Points]:
    """By how much the points of these checks changed; both are over the same denominator."""
    return {
        key: tuple([after - before for before, after in zip(old.points[key], new.points[key], strict=True)])
        for key in changed
    }


def moved(before: Subtotal, members: Mapping[str, int], found: Mapping[str, Points]) -> Subtotal:
    """The subtotal after these moves."""
    return Subtotal(before.denominator, _added(before.points, found, members, found))


def total(edition: str, parts: Collection[Subtotal]) -> Score:
    """The score that these make together."""
    common = lcm(*[part.denominator for part in parts])
    earned = sum([part.points[0] * (common // part.denominator) for part in parts])
    judged = sum([part.points[1] * (common // part.denominator) for part in parts])
    weight, manual, criticals, *controls = [
        sum(column) for column in zip(*[part.points[2:] for part in parts], strict=True)
    ]
    counts = dict(zip(_ORDER, controls, strict=True))
    return Score(
        edition, Fraction(earned, common), weight, Fraction(judged, common), criticals, weight + manual, counts
    )


def score(ruleset: Ruleset, edition: str, states: Mapping[str, CheckState]) -> Score:
    """The score of one edition from the states of its checks."""
    checks = [(key, ruleset.checks[key].rule.severity) for key in dict.fromkeys(ruleset.editions[edition].values())]
    found = scored(checks, {key: states[key] for key, _ in checks})
    return total(edition, [subtotal(members, found) for members in ruleset.members[edition].values()])


def score_parts(ruleset: Ruleset, edition: str, states: Mapping[str, CheckState]) -> tuple[ScorePart, ...]:
    """What costs how much, in the order of the edition. The losses and the score make exactly 100 together."""
    numbers: dict[str, list[str]] = {}
    for number, key in ruleset.editions[edition].items():
        numbers.setdefault(key, []).append(number)
    total = score(ruleset, edition, states).weight
    return tuple(
        _part(tuple(controls), states[key], ruleset.checks[key].rule.severity, total)
        for key, controls in numbers.items()
    )


def _part(controls: tuple[str, ...], state: CheckState, severity: Severity, total: int) -> ScorePart:
    part = credit(state, severity)
    if part is None:
        nothing = Fraction(0)
        return ScorePart(controls, state.check, state.status, severity, 0, nothing, nothing, nothing, nothing)
    weight = WEIGHTS[severity]
    lost = 100 * weight * (1 - part) / total
    bad = state.failed + state.unknown
    failures = lost * Fraction(state.failed, bad) if bad else Fraction(0)
    return ScorePart(controls, state.check, state.status, severity, weight, part, lost, failures, lost - failures)
