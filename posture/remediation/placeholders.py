"""The closed list of placeholders of docs/rule-format.md, with the values of one resource."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

import msgspec

from posture.facts.resource import Resource
from posture.facts.values import Value
from posture.facts.vocabulary import Kind
from posture.facts.wire.container import Container
from posture.remediation.blueprint import Blueprint, read_blueprint
from posture.remediation.changes import CHANGES, Background
from posture.remediation.devices import kept_devices
from posture.remediation.encoding import MAXIMUM_NAME, shell, yaml_scalar
from posture.remediation.mounts import Mount, private, read_only_mounts, without
from posture.remediation.offending import Parameters, offending
from posture.remediation.ports import Port, on_loopback, unprivileged
from posture.remediation.run_command import run_command
from posture.remediation.suggestions import Suggestions, suggest

INSPECT_LABEL = "inspect"
SERVICE_LABEL = "com.docker.swarm.service.name"
DAEMON_JSON_LABEL = "daemon_json"
DAEMON_JSON = "/etc/docker/daemon.json"
ROOTLESS_DAEMON_JSON = "~/.config/docker/daemon.json"


@dataclass(frozen=True, slots=True)
class Name:
    """A text from the facts. ``instead`` stands where there is none that a command could take."""

    value: str
    instead: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Our own text, safe in every language as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Several:
    """A list: words for a command line, scalars or mappings for a compose file; each already encoded."""

    words: tuple[str, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """What a rule found fault with, at least one value: a line of a shell script is repeated for each, behind ``--``
    or within a word, so that none is read as an option; elsewhere they are texts of a JSON list."""

    values: tuple[str, ...]


Placeholder = Name | Ready | Several | Each


@dataclass(frozen=True, slots=True)
class Subject:
    """A resource with what its fix texts need. ``blueprint`` is None when it is no container or was not inspected.
    ``parameters`` are those that the rule judged it with."""

    resource: Resource
    context: Mapping[str, Value]
    blueprint: Blueprint | None
    suggestions: Suggestions
    parameters: Parameters

    def text(self, fact: str) -> str:
        value = self.resource.facts.get(fact)
        return value if isinstance(value, str) else ""

    def first(self, fact: str) -> str:
        """The first item of a list of texts, or ""."""
        value = self.resource.facts.get(fact)
        item = value[0] if isinstance(value, tuple) and value else ""
        return item if isinstance(item, str) else ""

    @property
    def program(self) -> str:
        return "podman" if self.context.get("engine.Kind") == "podman" else "docker"


def read_subject(resource: Resource, context: Mapping[str, Value], parameters: Parameters) -> Subject:
    label = resource.labels.get(INSPECT_LABEL, "")
    blueprint = None
    if resource.kind is Kind.CONTAINER and label:
        blueprint = read_blueprint(msgspec.json.decode(label, type=Container))
    return Subject(resource, context, blueprint, suggest(resource, context), parameters)


def placeholders(subject: Subject, rule_id: str, needed: Set[str]) -> dict[str, Placeholder]:
    """Values by word: at least those ``needed`` that this resource has. A step with a word that is left out cannot be
    shown."""
    values: dict[str, Placeholder] = {**_names(subject), **_suggestions(subject.suggestions)}
    found = offending(rule_id, subject.resource, subject.parameters)
    values |= {word: Each(several) for word, several in found.items() if several}
    if subject.blueprint is not None:
        values |= {word: _LISTS[word](subject.blueprint, subject) for word in _LISTS.keys() & needed}
        if "run_command" in needed:
            values |= _run_command(subject.blueprint, subject, rule_id)
    return values


def _names(subject: Subject) -> dict[str, Placeholder]:
    resource = subject.resource
    tag = subject.first("RepoTags")
    image = resource.kind is Kind.IMAGE
    return {
        "name": Name(resource.name, "CONTAINER"),
        "id": Name(resource.incarnation.removeprefix("sha256:")[:12], "ID"),
        "image": Name((tag or resource.name) if image else subject.text("Config.Image"), "IMAGE"),
        "tag": Name(tag or (resource.name if image else ""), "TAG"),
        "network": Name(resource.name if resource.kind is Kind.NETWORK else "", "NETWORK"),
        "service": Name(_service(subject), "SERVICE"),
        "project": Name(subject.text("ComposeProject"), "PROJECT"),
        "daemon_json": Ready(_daemon_json(subject)),
        **_path(subject),
        **_data_root(subject),
        **_overlay(subject),
    }


def _path(subject: Subject) -> dict[str, Placeholder]:
    """A file's path. Nothing for a device: a file is often switched off by a link to /dev/null, whose owner and mode
    are everybody's. One that is not absolute would mean another file in the reader's shell."""
    if subject.resource.kind is not Kind.FILE or subject.text("Kind") == "other":
        return {}
    path = subject.text("Path")
    return {"path": Name(path if path.startswith("/") else "", "PATH")}


def _overlay(subject: Subject) -> dict[str, Placeholder]:
    """A swarm's own network is made anew in another way than all others."""
    ingress = subject.resource.facts.get("Ingress")
    return (
        {"ingress" if ingress else "overlay": Name(subject.resource.name, "NETWORK")}
        if ingress in (True, False)
        else {}
    )


def _data_root(subject: Subject) -> dict[str, Placeholder]:
    path = subject.text("DataRoot")
    return {"data_root": Name(path, "DIRECTORY")} if path.startswith("/") else {}


def _service(subject: Subject) -> str:
    labels = subject.blueprint.labels if subject.blueprint else {}
    name = labels.get(SERVICE_LABEL) or subject.text("ComposeService")
    if not name and subject.resource.kind is Kind.CONTAINER:
        name = subject.resource.name
    return name if len(name) <= MAXIMUM_NAME else ""


def _daemon_json(subject: Subject) -> str:
    found = subject.resource.labels.get(DAEMON_JSON_LABEL, "")
    if found.startswith("/"):
        return shell(found)
    return ROOTLESS_DAEMON_JSON if subject.context.get("engine.Rootless") is True else DAEMON_JSON


def _suggestions(suggestions: Suggestions) -> dict[str, Placeholder]:
    return {
        "user_suggestion": Name(suggestions.user, suggestions.user),
        "memory_suggestion": Ready(f"{suggestions.memory}m"),
        "cpus_suggestion": Ready(suggestions.cpus),
        "pids_suggestion": Ready(str(suggestions.pids)),
    }


def _ports(blueprint: Blueprint) -> tuple[Port, ...]:
    """On the host's network it publishes none: what it declares would have to be."""
    return unprivileged(blueprint.exposed) if blueprint.network == "host" else blueprint.ports


def _texts(option: str, values: tuple[str, ...]) -> Several:
    return Several(tuple(f"{option} {shell(value)}" for value in values), tuple(yaml_scalar(value) for value in values))


def _mounts(mounts: tuple[Mount, ...]) -> Several:
    return Several(tuple(mount.option() for mount in mounts), tuple(mount.entry() for mount in mounts))


def _run_command(blueprint: Blueprint, subject: Subject, rule_id: str) -> dict[str, Placeholder]:
    """Nothing for a rule that creating the container anew does not fix: a command without the fix would be a lie."""
    change = CHANGES.get(rule_id)
    if change is None:
        return {}
    changed = change(blueprint, Background(subject.resource.facts, subject.suggestions, subject.parameters))
    return {"run_command": Ready(run_command(changed, program=subject.program))}


_LISTS: Mapping[str, Callable[[Blueprint, Subject], Several]] = {
    "ports_loopback": lambda one, _: _texts("--publish", tuple(map(str, on_loopback(_ports(one))))),
    "ports_high": lambda one, _: _texts("--publish", tuple(map(str, unprivileged(_ports(one))))),
    "capabilities_kept": lambda one, _: _texts("--cap-add", one.capabilities_added),
    "devices_kept": lambda one, subject: _texts(
        "--device", kept_devices(one.devices, subject.resource.facts, subject.parameters)
    ),
    "mounts_read_only": lambda one, subject: _mounts(
        read_only_mounts(one.mounts, subject.resource.facts, subject.parameters)
    ),
    "mounts_private": lambda one, _: _mounts(private(one.mounts)),
    "mounts_safe": lambda one, subject: _mounts(without(one.mounts, subject.resource.facts)),
}
