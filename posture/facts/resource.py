"""Resources: the things that rules judge, and what is known about the completeness of their lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from posture.facts.values import Reason, Value
from posture.facts.vocabulary import Kind

ENGINE_GROUPS = "engine_groups"


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing on a host. ``facts`` has the names of the vocabulary of its kind; a missing name is Unseen.

    ``key`` is stable over re-creation: "docker/container/compose:shop/web/1", "docker/container/name:web",
    "docker/image/nginx:1.25", "docker/daemon", "host". ``incarnation`` is the engine's own id, outside the digest.
    ``digest`` is the hex SHA-256 of kind, key-independent facts: equal facts share verdicts.
    ``labels`` are what a fix text needs besides facts (compose files, names of mounts).
    A container's label "inspect" is the JSON of its struct (posture.facts.wire.container.Container), from which
    posture.remediation rebuilds its ``docker run``; an image's is not needed.
    The host's label ENGINE_GROUPS is a JSON mapping of the groups that may use an engine to their members.
    """

    kind: Kind
    key: str
    name: str
    engine: str  # key of its engine; "" for host and files
    facts: Mapping[str, Value]
    digest: str
    incarnation: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""  # of a file: what it is


@dataclass(frozen=True, slots=True)
class Gap:
    """A list of resources that is missing or incomplete: it adds one unknown to every rule on that kind."""

    engine: str
    kind: Kind
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """All that one snapshot says. ``context`` is keyed by engine key ("" when there is no engine)."""

    resources: tuple[Resource, ...]
    gaps: tuple[Gap, ...]
    context: Mapping[str, Mapping[str, Value]]
    context_digest: Mapping[str, str]
