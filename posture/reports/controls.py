"""The controls of an edition with their results and evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from posture.evaluation import catalogue
from posture.evaluation.candidates import candidates_of
from posture.evaluation.edition import Control as Entry
from posture.evaluation.edition import Edition
from posture.evaluation.rule import Rule
from posture.evaluation.ruleset import check_key
from posture.fleet.queries.checks import CheckRow, check_rows, host_checks
from posture.fleet.queries.report import FindingGroup, grouped_findings
from posture.fleet.queries.scope import Scope
from posture.reports.content import OPEN, STATUSES, Control, EvidenceRow, SectionLine
from posture.reports.fixes import remediation_of, say
from posture.reports.observations import Collector

UNSUPPORTED = "unsupported_by_kernel"
NOT_CHOSEN = "not_chosen"


@dataclass(slots=True)
class Material:
    """What the ledger and the facts say about one check."""

    row: CheckRow
    reason: str
    seen: Collector
    findings: list[FindingGroup] = field(default_factory=list)


def gather_controls(
    edition: Edition, *, scope: Scope, at: datetime, language: str, seen: dict[str, Collector]
) -> tuple[Control, ...]:
    """Every control of the edition, judged or not, in its order. ``seen``: by check, what was observed.

    A policy's control stands once for each choice by which hosts of the scope are judged.
    """
    rows = {row.check_key: row for row in check_rows(scope=scope, at=at, critical=())}
    of_host = host_checks(host=scope.host, at=at, edition=edition.id) if scope.host else ()
    reasons = {row.check_key: row.reason for row in of_host}
    materials = {key: Material(rows.get(key, CheckRow(key)), reasons.get(key, ""), seen[key]) for key in seen}
    for group in grouped_findings(scope=scope, checks=set(seen), at=at):
        materials[group.check_key].findings.append(group)
    rules = catalogue.load().rules
    return tuple(
        unjudged(entry, section.number, rules, language)
        if key is None
        else control_of(entry, section.number, rules[rule], materials[key], at, language)
        for section in edition.sections
        for entry in section.controls
        for key, rule in judging_checks(edition, entry, rows)
    )


def judging_checks(
    edition: Edition, entry: Entry, rows: Mapping[str, CheckRow]
) -> list[tuple[str, str] | tuple[None, str]]:
    """Keys and rules of the checks that judge a control. None: the choice of its policy asks for nothing.

    Where nothing was judged at all it is the check that would judge where nobody chose.
    """
    possible = candidates_of(edition.id, entry)
    judged: list[tuple[str, str] | tuple[None, str]] = [(key, rule) for key, rule in possible.items() if key in rows]
    if judged:
        return judged
    default = entry.judged_by({})
    if rows or default is None:
        return [(None, "")]
    return [(check_key(edition.id, *default), default[0])]


def unjudged(entry: Entry, section: str, rules: Mapping[str, Rule], language: str) -> Control:
    """A control whose policy asks for nothing where it was chosen so."""
    policy = entry.policy
    return Control(
        number=entry.number,
        section=section,
        title=say(policy.title, language) if policy else entry.number,
        severity=next((rules[rule].severity.value for rule in entry.rules()), "low"),
        status="not_applicable",
        reason=NOT_CHOSEN,
        why="",
        passed=0,
        failed=0,
        unknown=0,
        hosts=dict.fromkeys(STATUSES, 0),
        evidence=(),
        remediation=None,
    )


def control_of(entry: Entry, section: str, rule: Rule, found: Material, at: datetime, language: str) -> Control:
    row = found.row
    judged = any(row.hosts.values())
    status = row.status if judged else "unknown"
    failing = next((group for group in found.findings if group.status == "fail"), None)
    fixable = status in OPEN and status != "unknown"  # what was not seen may be well: it is to be made readable
    remediation = remediation_of(rule, example=failing, at=at, language=language) if fixable else None
    return Control(
        number=entry.number,
        section=section,
        title=say(rule.title, language),
        severity=rule.severity.value,
        status=status,
        reason=found.reason if judged else "not_collected",
        why=say(rule.why, language),
        passed=row.passed,
        failed=row.failed,
        unknown=row.unknown,
        hosts={name: row.hosts.get(name, 0) for name in STATUSES},
        evidence=tuple(evidence_of(group, rule, language) for group in found.findings),
        remediation=remediation,
        observations=found.seen.observations(),
        unlisted=found.seen.left_out(),
        asks=asks_of(rule, status, language),
    )


def asks_of(rule: Rule, status: str, language: str) -> tuple[str, str] | None:
    """What a rule waits for: access for the agent, the value of a parameter, or a person's look at something."""
    if status == "unknown":
        return "asks_access", ""
    if status != "manual":
        return None
    if isinstance(rule.manual, str):
        return "asks_value", say(rule.parameters[rule.manual].title, language)
    return "asks_person", say(rule.evidence, language)


def evidence_of(group: FindingGroup, rule: Rule, language: str) -> EvidenceRow:
    supported = rule.supported if group.reason == UNSUPPORTED else None
    return EvidenceRow(
        host=group.host,
        kind=group.kind,
        resources=tuple(group.resources),
        status=group.status,
        reason=group.reason,
        facts=group.evidence,
        since=group.since_at,
        because=say(supported.because, language) if supported else "",
    )


def sections_of(edition: Edition, controls: tuple[Control, ...], *, language: str) -> tuple[SectionLine, ...]:
    """How many controls of each section have which status."""
    return tuple(
        SectionLine(
            section.number,
            say(section.title, language),
            {
                status: sum(1 for control in controls if control.section == section.number and control.status == status)
                for status in STATUSES
            },
        )
        for section in edition.sections
    )
