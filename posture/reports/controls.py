"""The controls of an edition with their results and evidence."""

from dataclasses import dataclass, field
from datetime import datetime

from posture.evaluation import catalogue
from posture.evaluation.edition import Control as Entry
from posture.evaluation.edition import Edition
from posture.evaluation.rule import Rule
from posture.fleet.queries.checks import CheckRow, check_rows, host_checks
from posture.fleet.queries.report import FindingGroup, grouped_findings
from posture.fleet.queries.scope import Scope
from posture.reports.content import OPEN, STATUSES, Control, EvidenceRow, SectionLine
from posture.reports.fixes import remediation_of, say
from posture.reports.observations import Collector

UNSUPPORTED = "unsupported_by_kernel"


@dataclass(slots=True)
class Material:
    """What the ledger and the facts say about one check."""

    row: CheckRow
    reason: str
    seen: Collector
    findings: list[FindingGroup] = field(default_factory=list)


def check_key(edition: Edition, entry: Entry) -> str:
    """The check that judges a control: the rule's, or one of its own where the edition gives parameters."""
    return f"{entry.rule}~{edition.id}" if entry.parameters else entry.rule


def check_keys(edition: Edition) -> set[str]:
    """The checks that judge an edition."""
    return {check_key(edition, entry) for entry in edition.controls()}


def gather_controls(
    edition: Edition, *, scope: Scope, at: datetime, language: str, seen: dict[str, Collector]
) -> tuple[Control, ...]:
    """Every control of the edition, judged or not, in its order. ``seen``: by check, what was observed."""
    rows = {row.check_key: row for row in check_rows(scope=scope, at=at, critical=())}
    reasons = {row.check_key: row.reason for row in host_checks(host=scope.host, at=at)} if scope.host else {}
    materials = {key: Material(rows.get(key, CheckRow(key)), reasons.get(key, ""), seen[key]) for key in seen}
    for group in grouped_findings(scope=scope, checks=set(seen), at=at):
        materials[group.check_key].findings.append(group)
    rules = catalogue.load().rules
    return tuple(
        control_of(entry, section.number, rules[entry.rule], materials[check_key(edition, entry)], at, language)
        for section in edition.sections
        for entry in section.controls
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
