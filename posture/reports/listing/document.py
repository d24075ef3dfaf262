"""The listing for programs: one JSON object."""

from typing import Any

from posture.evaluation.assessed import Assessed, AssessedControl
from posture.evaluation.verdict import Verdict


def document(assessed: Assessed) -> dict[str, Any]:
    """``{edition, host, at, score, coverage, open_criticals, unread, not_judged, controls: [{number, status, …}]}``."""
    value = assessed.score.value
    return {
        "edition": assessed.edition.id,
        "host": assessed.host,
        "at": assessed.at.isoformat(),
        "score": None if value is None else round(float(value), 3),
        "coverage": round(float(assessed.score.coverage), 3),
        "open_criticals": assessed.score.open_criticals,
        "unread": [
            {"sources": list(one.sources), "reason": one.reason.value, "detail": one.detail} for one in assessed.unread
        ],
        "not_judged": [{"name": one.Name, "evidence": one.Evidence} for one in assessed.others],
        "controls": [_control(control) for control in assessed.controls()],
    }


def _control(control: AssessedControl) -> dict[str, Any]:
    state = control.state
    return {
        "number": control.control.number,
        "level": control.control.level,
        "rule": control.rule.id,
        "title": control.rule.title["en"],
        "severity": control.rule.severity.value,
        "status": state.status.value,
        "reason": state.reason.value if state.reason else None,
        "passed": state.passed,
        "failed": state.failed,
        "unknown": state.unknown,
        "not_applicable": state.not_applicable,
        "concerns": [_concern(verdict) for verdict in control.concerns],
    }


def _concern(verdict: Verdict) -> dict[str, Any]:
    return {
        "resource": verdict.resource.key,
        "name": verdict.resource.name,
        "status": verdict.status.value,
        "reason": verdict.reason.value if verdict.reason else None,
        "evidence": [{"fact": one.fact, "seen": one.seen, "wanted": one.wanted} for one in verdict.evidence],
    }
