"""What a snapshot says beyond verdicts: sources that could not be read, and the resource behind a finding."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from posture.evaluation.rule import Rule
from posture.evaluation.verdict import Evidence
from posture.facts.wire.host import OtherRuntime
from posture.facts.wire.snapshot import Source
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


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What no verdict speaks of: sources that could not be read, and what else runs containers on the host."""

    unread: Sequence[Unread]
    others: Sequence[OtherRuntime]


def unjudged(*, host: uuid.UUID, at: datetime, now: bool) -> Unjudged:
    """Of the snapshot that held at a moment; engines unreadable ``now`` are always named."""
    stored = next(iter(stored_facts(scope=Scope(), at=at, hosts={host})), None)
    facts = DECODER.decode(stored.body) if stored else Sourced(Sources=[], Host=Beside())
    found = [
        Unread(source.Name, text(source.Reason), text(source.Detail))
        for source in facts.Sources
        if source.Status == "failed"
    ]
    named = {unread.name.partition(".")[0] for unread in found}
    for engine in list_engines(host=host) if now else ():
        if not engine.readable and engine.key not in named:
            found.append(Unread(engine.key, "not_permitted", engine.problem))
    return Unjudged(found, facts.Host.OtherRuntimes)


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
