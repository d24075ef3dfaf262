"""What to do first: the fixes that bring most and break least."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from posture.dashboard.rulebook import EFFORTS, CheckWords
from posture.fleet.queries.checks import CheckRow


@dataclass(frozen=True, slots=True)
class FirstFix:
    """One rule to fix: on how many resources and hosts, the points it brings, what applying it touches."""

    words: CheckWords
    resources: int
    hosts: int
    gain: float


def fix_first(*, checks: Iterable[CheckRow], words: Mapping[str, CheckWords], hosts: int, limit: int) -> list[FirstFix]:
    """Open criticals first; then by points gained, a fix that re-creates containers counting half of a live one."""
    found = [
        FirstFix(words[row.check_key], row.fixable, row.fixable_hosts, gain_of(row, words[row.check_key], hosts))
        for row in checks
        if row.fixable
    ]
    return sorted(found, key=order_of)[:limit]


def order_of(fix: FirstFix) -> tuple[bool, float, str]:
    ease = {0: 1.0, 1: 0.9, 2: 0.7}.get(EFFORTS.get(fix.words.effect, 6), 0.5)
    return fix.words.severity != "critical", -fix.gain * ease, fix.words.key


def gain_of(row: CheckRow, words: CheckWords, hosts: int) -> float:
    """The points of the mean score that fixing every failure of a check brings."""
    return 100 * words.weight * row.lost / hosts if hosts else 0.0


def with_gains(
    *, checks: Iterable[CheckRow], words: Mapping[str, CheckWords], hosts: int
) -> list[tuple[CheckRow, CheckWords, float]]:
    """Every check with its words and the points that fixing it brings."""
    return [(row, words[row.check_key], gain_of(row, words[row.check_key], hosts)) for row in checks]
