"""The ledger's tables."""

from posture.fleet.models.account import Account, Role
from posture.fleet.models.audit import AuditEntry
from posture.fleet.models.facts import FactsBody, PresenceSpan, Snapshot
from posture.fleet.models.group import Group, Label
from posture.fleet.models.host import Engine, Host, HostState, Source
from posture.fleet.models.installation import DroppedRange, EnrolmentKey, Installation, InstallationKind, SequenceGap
from posture.fleet.models.interval import (
    ClosedCheckState,
    ClosedFinding,
    ClosedScore,
    OpenCheckState,
    OpenFinding,
    OpenScore,
)
from posture.fleet.models.ledger import Cursor, Resource
from posture.fleet.models.remote import Reach, RemoteRun, Rollout, RolloutKind, RunKind, RunState, SshKey
from posture.fleet.models.report import Report, ReportState
from posture.fleet.models.ruleset import ParameterSetting, PolicySetting, Ruleset, RulesetAssignment, RulesetControl
from posture.fleet.models.schedule import Schedule, ScheduleAssignment

__all__ = [
    "Account",
    "AuditEntry",
    "ClosedCheckState",
    "ClosedFinding",
    "ClosedScore",
    "Cursor",
    "DroppedRange",
    "Engine",
    "EnrolmentKey",
    "FactsBody",
    "Group",
    "Host",
    "HostState",
    "Installation",
    "InstallationKind",
    "Label",
    "OpenCheckState",
    "OpenFinding",
    "OpenScore",
    "ParameterSetting",
    "PolicySetting",
    "PresenceSpan",
    "Reach",
    "RemoteRun",
    "Report",
    "ReportState",
    "Resource",
    "Role",
    "Rollout",
    "RolloutKind",
    "Ruleset",
    "RulesetAssignment",
    "RulesetControl",
    "RunKind",
    "RunState",
    "Schedule",
    "ScheduleAssignment",
    "SequenceGap",
    "Snapshot",
    "Source",
    "SshKey",
]
