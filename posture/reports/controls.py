"""The controls of an edition with their results and evidence."""

from collections import defaultdict
from datetime import datetime

from posture.evaluation import catalogue
from posture.evaluation.edition import Control as Entry
from posture.evaluation.edition import Edition
from posture.evaluation.rule import Rule
from posture.fleet.queries.checks import CheckRow, check_rows, host_checks
from posture.fleet.queries.report import FindingGroup, grouped_findings
from posture.fleet.queries.scope import Scope
from posture.reports.content import STATUSES, Control, EvidenceRow, SectionLine
from posture.reports.fixes import remediation_of, say

OPEN = ("fail", "unknown", "manual")  # statuses that something can be done about


def check_key(edition: Edition, entry: Entry) -> str:
    """The check that judges a control: the rule's, or one of its own where the edition gives parameters."""
    return f"{entry.rule}~{edition.id}" if entry.parameters else entry.rule


def gather_controls(edition: Edition, *, scope: Scope, at: datetime, language: str) -> tuple[Control, ...]:
    """Every control of the edition, judged or not, in its order."""
    keys = {check_key(edition, entry) for entry in edition.controls()}
    rows = {row.check_key: row for row in check_rows(scope=scope, at=at, critical=())}
    reasons = {row.check_key: row.reason for row in host_checks(host=scope.host, at=at)} if scope.host else {}
    evidence: dict[str, list[FindingGroup]] = defaultdict(list)
    for group in grouped_findings(scope=scope, checks=keys, at=at):
        evidence[group.check_key].append(group)
    rules = catalogue.load().rules
    found = []
    for section in edition.sections:
        for entry in section.controls:
            key = check_key(edition, entry)
            row = rows.get(key, CheckRow(key))
            found.append(
                control_of(
                    entry, section.number, rules[entry.rule], row, reasons.get(key, ""), evidence[key], at, language
                )
            )
    return tuple(found)


def control_of(
    entry: Entry,
    section: str,
    rule: Rule,
    row: CheckRow,
    reason: str,
    evidence: list[FindingGroup],
    at: datetime,
    language: str,
) -> Control:
    judged = any(row.hosts.values())
    status = row.status if judged else "unknown"
    failing = next((group for group in evidence if group.status == "fail"), None)
    remediation = remediation_of(rule, example=failing, at=at, language=language) if status in OPEN else None
    return Control(
        number=entry.number,
        section=section,
        title=say(rule.title, language),
        severity=rule.severity.value,
        status=status,
        reason=reason if judged else "not_collected",
        why=say(rule.why, language),
        passed=row.passed,
        failed=row.failed,
        unknown=row.unknown,
        hosts={name: row.hosts.get(name, 0) for name in STATUSES},
        evidence=tuple(evidence_of(group) for group in evidence),
        remediation=remediation,
    )


def evidence_of(group: FindingGroup) -> EvidenceRow:
    return EvidenceRow(
        host=group.host,
        kind=group.kind,
        resources=tuple(group.resources),
        status=group.status,
        reason=group.reason,
        facts=group.evidence,
        since=group.since_at,
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
