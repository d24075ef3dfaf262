"""What a snapshot says beyond verdicts: sources that could not be read, and the resource behind a finding."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from posture.evaluation.rule import Rule
from posture.evaluation.verdict import Evidence
from posture.facts.normalise import normalise
from posture.facts.snapshot import Facts
from posture.fleet.queries.engines import list_engines
from posture.fleet.queries.report import facts_at
from posture.fleet.queries.scope import Scope
from posture.remediation.fix import Fix
from posture.remediation.plan import fix

DECODER = msgspec.json.Decoder(Facts)


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that could not be read, why, and in the source's own words how to grant it."""

    name: str
    reason: str
    detail: str


def seen_facts(*, host: uuid.UUID, at: datetime) -> Facts | None:
    """The facts that held at a moment; None before the first snapshot, or when this version cannot read them."""
    found = next(iter(facts_at(scope=Scope(), at=at, hosts={host})), None)
    if found is None:
        return None
    try:
        return DECODER.decode(found.body)
    except msgspec.ValidationError:
        return None


def unread_sources(*, facts: Facts | None, host: uuid.UUID, now: bool) -> list[Unread]:
    """The failed sources of a snapshot; an engine that is unreadable now is named even without one."""
    found = [
        Unread(source.Name, text(source.Reason), text(source.Detail))
        for source in (facts.Sources if facts else ())
        if source.Status == "failed"
    ]
    named = {unread.name.partition(".")[0] for unread in found}
    for engine in list_engines(host=host) if now else ():
        if not engine.readable and engine.key not in named:
            found.append(Unread(engine.key, "not_permitted", engine.problem))
    return found


def text(value: object) -> str:
    """A text of the wire, empty when it was left out."""
    return value if isinstance(value, str) else ""


def fix_of(*, rule: Rule, facts: Facts | None, resource_key: str, evidence: Sequence[Sequence[str]]) -> Fix | None:
    """The exact fix of a rule for one resource as it was seen; None when the resource is not in the facts."""
    if facts is None:
        return None
    seen = normalise(facts)
    resource = next((one for one in seen.resources if one.key == resource_key), None)
    if resource is None:
        return None
    context = seen.context.get(resource.engine, {})
    return fix(rule, resource, context, [Evidence(fact, found, wanted) for fact, found, wanted in evidence])
