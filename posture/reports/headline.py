"""The machine as its facts told at the report's moment, and the sources that could not be read."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import msgspec

from posture.facts.wire.snapshot import Facts
from posture.fleet.queries.report import JudgedFacts, facts_at
from posture.fleet.queries.scope import Scope

DECODER = msgspec.json.Decoder(Facts)


@dataclass(frozen=True, slots=True)
class Headline:
    """What a report says of a machine; empty where it was not observed. ``unread`` are (source, reason, words);
    ``others`` are (runtime, evidence) of what else runs containers there and is not judged."""

    board: str
    architecture: str
    kernel: str
    operating_system: str
    engine: str
    digest: str
    observed_at: datetime
    unread: tuple[tuple[str, str, str], ...]
    others: tuple[tuple[str, str], ...] = ()

    def details(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a phrase's key and a text, for the cover."""
        pairs = (
            ("board", self.board),
            ("architecture", self.architecture),
            ("operating_system", self.operating_system),
            ("kernel", self.kernel),
            ("engine", self.engine),
            ("digest", self.digest),
        )
        return tuple((name, text) for name, text in pairs if text)


def headlines_at(*, scope: Scope, at: datetime) -> dict[uuid.UUID, Headline]:
    """The headline of every host of a scope that had delivered facts by a moment."""
    return {judged.host: headline_of(judged) for judged in facts_at(scope=scope, at=at)}


def headline_of(judged: JudgedFacts) -> Headline:
    facts = DECODER.decode(judged.body)
    host = facts.Host
    engines = [f"{engine.Kind} {engine.Version.Version or ''}".strip() for engine in facts.Engines if engine.Version]
    return Headline(
        board=host.Board or "",
        architecture=host.Architecture or "",
        kernel=host.Kernel or "",
        operating_system=host.OperatingSystem or "",
        engine=", ".join(engines),
        digest=judged.digest,
        observed_at=judged.observed_at,
        unread=tuple(
            (source.Name, source.Reason or "source_failed", source.Detail or "")
            for source in facts.Sources
            if source.Status == "failed"
        ),
        others=tuple((other.Name, other.Evidence) for other in host.OtherRuntimes or ()),
    )
