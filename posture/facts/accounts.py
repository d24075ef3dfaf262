"""Facts of people: who may use an engine, what else those may, and which accounts images of boards ship."""

from collections.abc import Iterable

from msgspec import UnsetType

from posture.facts.observed import NOT_COLLECTED, SourceReasons, of_error
from posture.facts.values import Unseen, Value
from posture.facts.wire.host import Account, HostFacts

_ROOT = "root"
# Groups that are, or become, as good as root: they may run everything, or read and write disks and memory.
_MIGHTY = frozenset(("admin", "disk", "incus-admin", "kmem", "libvirt", "lxd", "root", "shadow", "sudo", "wheel"))

# Who netgroups, groups of a directory service and groups without a name hold is not written on this host.
_ELSEWHERE = ("+", "%:", "%#")


def account_facts(host: HostFacts, reasons: SourceReasons) -> dict[str, Value]:
    """Facts of the vocabulary about accounts."""
    members = engine_members(host, reasons)
    return {
        "EngineGroupMembers": members,
        "PrivilegedEngineAccounts": _privileged(members, host, reasons),
        "DefaultAccounts": _defaults(host, reasons),
    }


def engine_members(host: HostFacts, reasons: SourceReasons) -> tuple[str, ...] | Unseen:
    """Accounts in a group that may use an engine's socket, without root."""
    if isinstance(host.Groups, UnsetType):
        return reasons.of("host.groups")
    return tuple(sorted({name for group in host.Groups for name in group.Members} - {_ROOT}))


def _privileged(members: tuple[str, ...] | Unseen, host: HostFacts, reasons: SourceReasons) -> Value:
    """Those members that hold another right, as 'alarm: wheel, sudoers'. One that is no account of this host (a name
    left behind, or one of a directory service) has rights that cannot be told."""
    if isinstance(members, Unseen) or not members:
        return members
    if isinstance(host.Accounts, UnsetType):
        return reasons.of("host.accounts")
    if isinstance(host.Sudoers, UnsetType):
        return reasons.of("host.sudoers")
    accounts = {account.Name: account for account in host.Accounts}
    sudoers = frozenset(host.Sudoers)
    elsewhere = any(name.startswith(_ELSEWHERE) for name in sudoers)
    found = []
    for name in members:
        account = accounts.get(name)
        if account is None or isinstance(account.Groups, UnsetType):
            return NOT_COLLECTED
        rights = _rights(account, account.Groups, sudoers)
        if not rights and elsewhere:
            return NOT_COLLECTED
        if rights:
            found.append(f"{name}: {', '.join(rights)}")
    return tuple(found)


def _rights(account: Account, groups: Iterable[str], sudoers: frozenset[str]) -> list[str]:
    """Names of mighty groups, then 'sudoers' where a rule of sudo names the account or a group of its."""
    names = {account.Name, f"#{account.Uid}", "ALL", *(f"%{group}" for group in groups)}
    rights = ["uid 0"] if account.Uid == 0 else []
    return rights + sorted(_MIGHTY.intersection(groups)) + (["sudoers"] if names & sudoers else [])


def _defaults(host: HostFacts, reasons: SourceReasons) -> Value:
    if isinstance(host.Accounts, UnsetType):
        return reasons.of("host.accounts")
    opened = {account.Name: _open(account) for account in host.Accounts if account.Default is not False}
    hidden = next((truth for truth in opened.values() if isinstance(truth, Unseen)), None)
    return hidden or tuple(sorted(name for name, truth in opened.items() if truth))


def _open(account: Account) -> bool | Unseen:
    """Whether a default account lets people in who know its published password."""
    parts = (account.Default, account.Unlocked, account.LoginShell)
    if False in parts:
        return False
    return of_error(account.Error) if any(isinstance(part, UnsetType) for part in parts) else True
