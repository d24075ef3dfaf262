"""One step of the fold: what a judgement changes in the ledger."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from posture.evaluation.verdict import Assessment, CheckState, Evidence, Note, Score, Status
from posture.facts.resource import Gap, HostFacts, Resource
from posture.facts.values import Reason
from posture.facts.vocabulary import Kind
from posture.fleet.services.fold.state import Ended, Ledger, N, Track
from posture.fleet.services.hostile_text import fit_key

Place = tuple[str, str]  # a list of resources: engine, kind
Name = tuple[str, str]  # a finding: resource key, check
Values = tuple[object, ...]
REMEMBERED = 4096


def apply(ledger: Ledger, facts: HostFacts, assessment: Assessment, *, ruleset: int, at: datetime) -> None:
    """From ``at`` on the host is as these facts say, judged so. Only what differs is written down."""
    gaps = {(gap.engine, gap.kind.value): gap for gap in reversed(facts.gaps)}
    seen = {ledger.see(resource, at) for resource in facts.resources}
    kept = lose_or_keep(ledger, seen, gaps, blind_files(facts.resources), at)
    found = finding_values(assessment.notes)
    for name in [name for name in ledger.findings.open if name not in found]:
        finding_is_missing(ledger, name, kept, assessment, ruleset=ruleset, at=at, found=found)
    apply_named(ledger.findings, found, ruleset=ruleset, at=at)
    states = {state.check: state_values(state) for state in assessment.states.values()}
    apply_whole(ledger.states, states, ruleset=ruleset, at=at)
    scores = {score.edition: score_values(score) for score in assessment.scores.values()}
    apply_whole(ledger.scores, scores, ruleset=ruleset, at=at)


def blind_files(resources: Iterable[Resource]) -> dict[str, Gap]:
    """Files that nobody could name, for want of the engine that does: ``file/PURPOSE`` and why. Those of the host that
    are known for that purpose are kept."""
    blind = [one for one in resources if one.kind is Kind.FILE and one.key == f"file/{one.purpose}:"]
    return {one.key.rstrip(":"): Gap("", Kind.FILE, Reason.NOT_COLLECTED) for one in blind}


def lose_or_keep(
    ledger: Ledger, seen: set[str], gaps: Mapping[Place, Gap], blind: Mapping[str, Gap], at: datetime
) -> dict[str, Gap]:
    """What the facts do not name has gone, unless its list failed: those are kept, and given with their gap."""
    kept: dict[str, Gap] = {}
    for key in sorted(ledger.present.keys() - seen):
        known = ledger.present[key]
        gap = gaps.get((known.engine, known.kind)) or blind.get(key.partition(":")[0])
        if gap is None:
            ledger.lose(key, at)
        else:
            kept[key] = gap
    return kept


def finding_values(noted: Iterable[tuple[Resource, tuple[Note, ...]]]) -> dict[Name, Values]:
    """What does not pass, by resource and check. Of two resources with one key a failing one speaks."""
    found: dict[Name, Values] = {}
    for resource, notes in noted:
        key = fit_key(resource.key, 512)
        for check, said in notes:
            name = (key, check)
            if name in found and said.status is not Status.FAIL:
                continue
            reason = said.reason.value if said.reason else ""
            found[name] = (said.status.value, reason, evidence_text(said.evidence))
    return found


@lru_cache(maxsize=REMEMBERED)
def evidence_text(evidence: tuple[Evidence, ...]) -> str:
    """Evidence as it is stored: JSON, ``[[fact, seen, wanted], …]``. Much of it is the same from host to host."""
    return msgspec.json.encode([(one.fact, one.seen, one.wanted) for one in evidence]).decode()


def finding_is_missing(
    ledger: Ledger,
    name: Name,
    kept: Mapping[str, Gap],
    assessment: Assessment,
    *,
    ruleset: int,
    at: datetime,
    found: dict[Name, Values],
) -> None:
    """An open finding that the judgement does not name: its resource went, passes, or could not be seen."""
    key, check = name
    if check not in assessment.states:
        ledger.findings.end(name, at=at, ended=Ended.RULESET)
    elif key in kept:
        found[name] = (Status.UNKNOWN.value, kept[key].reason.value, evidence_text(()))
    else:
        ended = Ended.PASSED if key in ledger.present else Ended.GONE
        ledger.findings.end(name, at=at, ended=ended)


def apply_named(track: Track[N], values: Mapping[N, Values], *, ruleset: int, at: datetime) -> None:
    for name, one in values.items():
        track.put(name, one, ruleset=ruleset, at=at)


def apply_whole(track: Track[str], values: Mapping[str, Values], *, ruleset: int, at: datetime) -> None:
    """States and scores are always judged as a whole: what is not named is no longer asked."""
    for name in [name for name in track.open if name not in values]:
        track.end(name, at=at, ended=Ended.RULESET)
    apply_named(track, values, ruleset=ruleset, at=at)


def state_values(state: CheckState) -> Values:
    """The columns of a check state, in the order of ``tables.STATES``."""
    reason = state.reason.value if state.reason else ""
    return (state.status.value, reason, state.passed, state.failed, state.unknown, state.not_applicable)


def score_values(score: Score) -> Values:
    """The columns of a score, in the order of ``tables.SCORES``."""
    value = score.value
    counts = (Status.FAIL, Status.UNKNOWN, Status.MANUAL, Status.PASS, Status.NOT_APPLICABLE)
    return (
        score.earned.numerator,
        score.earned.denominator,
        score.weight,
        None if value is None else float(value),
        float(score.coverage),
        score.open_criticals,
        *(score.controls[status] for status in counts),
    )
