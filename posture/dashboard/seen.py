"""What a snapshot says beyond verdicts: sources that could not be read, and the resource behind a finding."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from posture.evaluation.rule import Rule
from posture.evaluation.verdict import Evidence
from posture.facts.wire.host import OtherRuntime
from posture.facts.wire.snapshot import Source
from posture.fleet.models import Engine
from posture.fleet.queries.engines import list_engines
from posture.fleet.queries.report import facts_at as stored_facts
from posture.fleet.queries.scope import Scope
from posture.fleet.services.observed import facts_at
from posture.fleet.services.rulesets import parameters_at
from posture.remediation.fix import Fix
from posture.remediation.plan import fix


class Beside(msgspec.Struct):
    """What a host has beside its engines."""

    OtherRuntimes: list[OtherRuntime] = []


class Sourced(msgspec.Struct):
    """The parts of a snapshot's facts that no rule reads; the rest is skipped unread."""

    Sources: list[Source]
    Host: Beside


DECODER = msgspec.json.Decoder(Sourced)


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that could not be read, why, and in the source's own words how to grant it."""

    name: str
    reason: str
    detail: str

    @property
    def said(self) -> tuple[str, str]:
        """What is said of it: sources of which the same is said stand on one line."""
        return self.reason, self.detail


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What no verdict speaks of: sources that could not be read, and what else runs containers on the host."""

    unread: Sequence[Unread]
    others: Sequence[OtherRuntime]
    gone: Sequence[Engine]  # answered once and do not now, on a host that this server visits


# What helps where this server goes by itself: the source's own words are for somebody who runs an agent.
OF_VISITS: Mapping[str, Promise] = {
    "not_permitted": _(
        "The user of the visits may not open the engine’s socket. Let the visits use sudo, or let the user into the"
        " group that owns the socket."
    ),
    "absent": _(
        "There is no engine socket in its place. Start the engine; one that was removed for good can be forgotten"
        " below."
    ),
}


def unjudged(*, host: uuid.UUID, at: datetime, now: bool, visited: bool) -> Unjudged:
    """Of the snapshot that held at a moment; engines unreadable ``now`` are always named. ``visited``: this server
    reads the host by itself."""
    stored = next(iter(stored_facts(scope=Scope(), at=at, hosts={host})), None)
    facts = DECODER.decode(stored.body) if stored else Sourced(Sources=[], Host=Beside())
    engines = list_engines(host=host) if now else []
    read_here = {one.key for one in engines} if visited else set()
    found = [
        Unread(source.Name, text(source.Reason), helping(source, read_here))
        for source in facts.Sources
        if source.Status == "failed"
    ]
    named = {unread.name.partition(".")[0] for unread in found}
    for engine in engines:
        if not engine.readable and engine.key not in named:
            found.append(unread_engine(engine, facts.Sources, read_here))
    gone = [one for one in engines if one.key in read_here and one.version and not one.readable]
    return Unjudged(found, facts.Host.OtherRuntimes, gone)


def unread_engine(engine: Engine, sources: Sequence[Source], read_here: Collection[str]) -> Unread:
    """Why an engine is not readable of which no source failed: its socket is absent, as its list of containers says."""
    own = [source for source in sources if source.Name == f"{engine.key}.containers" and source.Status != "ok"]
    if not own:
        return Unread(engine.key, "source_failed", engine.problem)
    return Unread(engine.key, text(own[0].Reason) or own[0].Status, helping(own[0], read_here))


def helping(source: Source, read_here: Collection[str]) -> str:
    """What helps to read a source. ``read_here``: keys of the engines that this server reads by itself."""
    words = OF_VISITS.get(text(source.Reason)) if source.Name.partition(".")[0] in read_here else None
    return text(source.Detail) if words is None else str(words)


def text(value: object) -> str:
    """A text of the wire, empty when it was left out."""
    return value if isinstance(value, str) else ""


def fix_of(
    *, rule: Rule, check_key: str, host: uuid.UUID, at: datetime, resource_key: str, evidence: Sequence[Sequence[str]]
) -> Fix | None:
    """The exact fix of a rule for one resource as it was seen; None when no snapshot holds the resource."""
    seen = facts_at(host=host, at=at)
    if seen is None:
        return None
    resource = next((one for one in seen.resources if one.key == resource_key), None)
    if resource is None:
        return None
    context = seen.context.get(resource.engine, {})
    parameters = parameters_at(host=host, at=at, check_key=check_key)
    return fix(rule, resource, context, [Evidence(*found) for found in evidence], parameters)
