"""The ledger's tables."""

from posture.fleet.models.account import Account, Role
from posture.fleet.models.audit import AuditEntry
from posture.fleet.models.facts import FactsBody, PresenceSpan, Snapshot
from posture.fleet.models.group import Group, Label
from posture.fleet.models.host import Engine, Host, HostState
from posture.fleet.models.installation import EnrolmentKey, Installation
from posture.fleet.models.interval import (
    ClosedCheckState,
    ClosedFinding,
    ClosedScore,
    OpenCheckState,
    OpenFinding,
    OpenScore,
)
from posture.fleet.models.ledger import Cursor, Resource
from posture.fleet.models.report import Report, ReportState
from posture.fleet.models.ruleset import ParameterSetting, PolicySetting, Ruleset, RulesetAssignment, RulesetControl

__all__ = [
    "Account",
    "AuditEntry",
    "ClosedCheckState",
    "ClosedFinding",
    "ClosedScore",
    "Cursor",
    "Engine",
    "EnrolmentKey",
    "FactsBody",
    "Group",
    "Host",
    "HostState",
    "Installation",
    "Label",
    "OpenCheckState",
    "OpenFinding",
    "OpenScore",
    "ParameterSetting",
    "PolicySetting",
    "PresenceSpan",
    "Report",
    "ReportState",
    "Resource",
    "Role",
    "Ruleset",
    "RulesetAssignment",
    "RulesetControl",
    "Snapshot",
]
