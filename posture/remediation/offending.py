"""Exactly the values that a rule found fault with: what a fact lists and the rule's parameter does not allow."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from posture.evaluation.rule import ParameterValue
from posture.facts.resource import ENGINE_GROUPS, Resource
from posture.facts.values import Value

_REGISTRY = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_VARIABLE = re.compile(r"(.+?): [a-z-]+ at ContainerSpec\.Env\.(.+)", re.DOTALL)
_NO_SECRET_NAME = re.compile(r"[^a-z0-9_.-]")
_MAXIMUM_SECRET_NAME = 64  # of the engine

Parameters = Mapping[str, ParameterValue]


@dataclass(frozen=True, slots=True)
class Found:
    """A list of the facts without what ``parameter`` allows ("" allows nothing); ``part`` takes what a command wants
    out of an item, "" where it has none."""

    fact: str
    parameter: str = ""
    part: Callable[[str], str] = str

    def of(self, facts: Mapping[str, Value], parameters: Parameters) -> tuple[str, ...]:
        return unique(map(self.part, without_allowed(facts, self.fact, parameters, self.parameter)))


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """In their order, each once, without empty ones."""
    return tuple(dict.fromkeys(value for value in values if value))


def without_allowed(facts: Mapping[str, Value], fact: str, parameters: Parameters, parameter: str) -> tuple[str, ...]:
    """Nothing where the fact is unseen or what is allowed is not known: a fix touches nothing on a guess."""
    value = facts.get(fact)
    allowed = parameters.get(parameter, ()) if not parameter or parameter in parameters else None
    if not isinstance(value, tuple) or not isinstance(allowed, tuple | list):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item not in allowed)


def before_colon(item: str) -> str:
    """``alarm: wheel, sudoers`` → alarm; ``/srv/logs: web, db`` → /srv/logs."""
    return item.rpartition(": ")[0]


def port_number(item: str) -> str:
    """``111/tcp`` → 111."""
    number = item.partition("/")[0]
    return number if number.isascii() and number.isdigit() else ""


def before_space(item: str) -> str:
    """``/usr/bin/su 4755`` → /usr/bin/su."""
    return item.rpartition(" ")[0]


def registry(item: str) -> str:
    """A registry by name. A range of addresses has no certificate of its own."""
    return item if _REGISTRY.fullmatch(item) else ""


_MEMBERS = {
    "host-trusted-engine-users": Found("EngineGroupMembers", "allowed"),
    "host-engine-account-alone": Found("PrivilegedEngineAccounts", "accepted", before_colon),
}
# By placeholder, then by rule: the same word is another list under another rule.
LISTS: Mapping[str, Mapping[str, Found]] = {
    "members": _MEMBERS,
    "accounts": {"host-default-accounts": Found("DefaultAccounts", "accepted")},
    "ports": {"host-declared-services": Found("ListeningPorts", "declared", port_number)},
    "registries": {"daemon-insecure-registries": Found("InsecureRegistries", part=registry)},
    "sources": {"daemon-shared-volumes": Found("VolumesWrittenByMany", "allowed", before_colon)},
    "files": {
        "image-no-setuid": Found("SetuidFiles", "allowed", before_space),
        "image-no-world-writable": Found("WorldWritable", "allowed"),
        "image-no-sudo": Found("SudoPrograms"),
        "image-no-ssh-server": Found("SshServers"),
    },
}


def offending(rule_id: str, resource: Resource, parameters: Parameters) -> dict[str, tuple[str, ...]]:
    """Lists by placeholder; those of a line that names several of them go together, item by item."""
    found = {word: rules[rule_id].of(resource.facts, parameters) for word, rules in LISTS.items() if rule_id in rules}
    if rule_id in _MEMBERS:
        found |= _memberships(found["members"], resource)
    if rule_id == "swarm-secrets":
        found |= _variables(resource.facts)
    return found


def _memberships(members: tuple[str, ...], resource: Resource) -> dict[str, tuple[str, ...]]:
    """Each right of these accounts: a member and a group that may use an engine."""
    groups = json.loads(resource.labels.get(ENGINE_GROUPS, "{}"))
    pairs = [(name, group) for name in members for group, inside in groups.items() if name in inside]
    return {"group_members": tuple(name for name, _ in pairs), "groups": tuple(group for _, group in pairs)}


def _variables(facts: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
    """Variables of services that hold a secret, with a name for each secret in the swarm's store."""
    entries = without_allowed(facts, "SecretsInServices", {}, "")
    pairs = dict.fromkeys(found.groups() for entry in entries if (found := _VARIABLE.fullmatch(entry)))
    names = (_NO_SECRET_NAME.sub("_", f"{service}_{variable}".lower()) for service, variable in pairs)
    return {
        "services": tuple(service for service, _ in pairs),
        "variables": tuple(variable for _, variable in pairs),
        "secrets": tuple(name[:_MAXIMUM_SECRET_NAME] for name in names),
    }
