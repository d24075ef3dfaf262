"""Which files the loaded audit rules watch, from the texts of the rules in the kernel's order.

Source: auditctl(8) and audit.rules(7); numbers from the kernel's include/uapi/linux/audit.h.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from posture.facts.mounts import below, canonical_path
from posture.facts.observed import NOT_COLLECTED
from posture.facts.values import Unseen

# Where systems with one /usr keep what /bin, /lib and /sbin name.
_MERGED = re.compile(r"/(?:bin|sbin|lib(?:32|64|x32)?)(?=/|$)")
_WATCH = re.compile(r"-w (?P<path>/.*?)(?: -p (?P<perm>[rwxa]+))?(?: -k .*)?")
_RULE = re.compile(r"-[aA] (?P<words>\w+,\w+)(?: -S (?P<calls>\S+))?(?P<fields>(?: -F .*)?)(?: -k .*)?")
_FIELD = re.compile(r"(?P<name>\w+)(?P<operator>!=|<=|>=|&=|[=<>&])(?P<value>.*)", re.DOTALL)
_OFF = "-e 0"
_ALL = frozenset("rwxa")
_NEEDED = frozenset("wa")
_LABELS = frozenset(("key", "k"))
_PLACES = frozenset(("path", "dir"))
_64_BIT = 0x80000000  # __AUDIT_ARCH_64BIT
_64_BIT_NAMES = frozenset(("b64", "x86_64", "aarch64", "ppc64", "ppc64le", "s390x", "riscv64"))
_32_BIT_MACHINES = re.compile(r"armv[4-7].*|i[3-6]86|mips|ppc|riscv32")
_RECORDS = frozenset(("SYSCALL", "PATH", "1300", "1302"))  # what a trail of writes consists of
_KERNELS_OWN = frozenset(("0x74726163", "1953653091", "tracefs", "0x64626720", "1684170528", "debugfs"))


@dataclass(frozen=True, slots=True)
class AuditRule:
    """One rule. ``fields`` are all conditions but path, dir, perm and key; ``halves`` the word sizes it holds for."""

    action: str
    list: str
    path: str
    recursive: bool | Unseen
    permissions: frozenset[str]
    calls: bool
    fields: tuple[tuple[str, str, str], ...]
    halves: frozenset[int]

    def reaches(self, path: str) -> bool | Unseen:
        """Whether it holds for what happens at a path. A rule that names no path holds everywhere."""
        if self.path in ("", path):
            return True
        return self.recursive if below(path, self.path) else False

    def is_whole(self) -> bool:
        """Whether nothing but a path restricts it to less than every write and change of attributes."""
        return self.path != "" and self.permissions >= _NEEDED and not self.calls and not self.fields

    def silences(self) -> bool:
        """Whether it stands in another list than "exit" and keeps records of ordinary files from being written."""
        if self.action != "never" or self.list not in ("task", "exclude", "filesystem"):
            return False
        name = "msgtype" if self.list == "exclude" else "fstype"
        named = [(operator, value) for field, operator, value in self.fields if field == name]
        if self.list == "task" or len(named) != 1 or named[0][0] != "=":
            return True
        return named[0][1] in _RECORDS if name == "msgtype" else named[0][1] not in _KERNELS_OWN


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """The rules that are loaded, in their order. ``halves``: the word sizes that this machine's programs can have;
    ``off``: auditing is switched off, and loaded rules record nothing."""

    rules: tuple[AuditRule, ...]
    halves: frozenset[int]
    off: bool = False

    def records(self, path: str) -> bool | Unseen:
        """Whether every write and change of attributes of the file, or of all below a directory, leaves a record.

        The kernel takes the first rule of the list "exit" that fits; the other lists are asked before it.
        """
        if self.off or any(rule.silences() for rule in self.rules):
            return False
        place = canonical(path)
        missing = set(self.halves)
        may_be_watched = may_be_silenced = False
        for rule in self.rules:
            reaches = rule.reaches(place) if rule.list == "exit" else False
            if reaches is False:
                continue
            if rule.action == "never" and rule.permissions & _NEEDED and rule.halves & missing:
                if rule.path or not rule.calls:
                    return False
                may_be_silenced = True  # numbers of calls differ between machines: they may be about other things
            elif rule.action == "always" and rule.is_whole():
                missing -= rule.halves if reaches is True else set()
                may_be_watched = may_be_watched or reaches is not True
            if not missing:
                return NOT_COLLECTED if may_be_silenced else True
        return NOT_COLLECTED if may_be_watched else False


def audit_trail(texts: Iterable[str], machine: str) -> AuditTrail:
    """The trail of a listing of rules, in which ``-e 0`` says that auditing is switched off (older agents do not
    say it). ``machine``: ``uname -m``; unknown ones can run programs of both word sizes."""
    listed = [text.strip() for text in texts]
    rules = (_parsed(text) for text in listed)
    halves = frozenset((32,)) if _32_BIT_MACHINES.fullmatch(machine) else frozenset((32, 64))
    return AuditTrail(tuple(rule for rule in rules if rule is not None), halves, _OFF in listed)


def canonical(path: str) -> str:
    """One spelling of a path: without "..", /var/run as /run, /bin, /sbin and /lib below /usr."""
    path = canonical_path(path)
    return f"/usr{path}" if _MERGED.match(path) else path


def _parsed(text: str) -> AuditRule | None:
    """A rule; None where the text is none, which then watches nothing."""
    watch = _WATCH.fullmatch(text)
    if watch is not None:
        place = watch["path"]
        # Older agents, and auditctl itself, list a directory with all below it and a directory alone in the same words.
        recursive: bool | Unseen = True if place.endswith("/") else NOT_COLLECTED
        permissions = frozenset(watch["perm"] or _ALL)
        return AuditRule("always", "exit", canonical(place), recursive, permissions, False, (), frozenset((32, 64)))
    rule = _RULE.fullmatch(text)
    return None if rule is None else _of_fields(rule)


def _of_fields(rule: re.Match[str]) -> AuditRule:
    words = rule["words"].split(",")
    found = [_FIELD.fullmatch(part.strip()) for part in rule["fields"].split(" -F ")[1:]]
    fields = [(one["name"], one["operator"], one["value"]) for one in found if one is not None]
    if len(fields) != len(found):
        fields.append(("?", "", ""))  # a condition that is not understood restricts
    places = [(name, value) for name, operator, value in fields if name in _PLACES and operator == "="]
    perms = [value for name, operator, value in fields if name == "perm" and operator == "="]
    sizes = [_size(value) for name, operator, value in fields if name == "arch" and operator == "="]
    halves = frozenset((sizes[0],)) if len(sizes) == 1 else frozenset((32, 64))
    known = len(places) + len(perms) + len(sizes)
    rest = [one for one in fields if one[0] not in _PLACES | _LABELS | {"perm", "arch"}]
    if (
        known + len(rest) + sum(1 for one in fields if one[0] in _LABELS) != len(fields)
        or max(len(places), len(perms), len(sizes), 1) > 1
    ):
        rest.append(("?", "", ""))  # a condition twice, or with another operator than "="
    return AuditRule(
        action="never" if "never" in words else "always" if "always" in words else "",
        list=next((word for word in words if word not in ("never", "always", "possible")), ""),
        path=canonical(places[0][1]) if places else "",
        recursive=any(name == "dir" for name, _ in places),
        permissions=frozenset(perms[0]) if perms else _ALL,
        calls=rule["calls"] not in (None, "all"),
        fields=tuple(rest),
        halves=halves,
    )


def _size(arch: str) -> int:
    if arch.isdigit():
        return 64 if int(arch) & _64_BIT else 32
    return 64 if arch in _64_BIT_NAMES else 32
