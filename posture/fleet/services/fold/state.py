"""A host's ledger in memory: what is open, what was closed on the way, and the resources that are there."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from posture.facts.resource import Resource
from posture.fleet.services.hostile_text import fit, fit_key

N = TypeVar("N", bound=Hashable)  # what an interval is about: (resource key, check), check, edition


class Ended(StrEnum):
    """How a finding's interval ended."""

    PASSED = "passed"
    GONE = "gone"  # the resource went
    CHANGED = "changed"  # status, reason or evidence became another
    RULESET = "ruleset"  # judged by another ruleset from then on


@dataclass(slots=True)
class Interval(Generic[N]):
    """One open row. ``values`` is what is compared; ``row`` the id it is stored under, None while it is not."""

    name: N
    values: tuple[object, ...]
    ruleset: int
    from_at: datetime
    since_at: datetime
    row: int | None = None


@dataclass(slots=True)
class Closed(Generic[N]):
    """One closed row."""

    interval: Interval[N]
    to_at: datetime
    ended: Ended


@dataclass(slots=True)
class Track(Generic[N]):
    """The intervals of one kind: those open by name, those closed since the fold began."""

    open: dict[N, Interval[N]] = field(default_factory=dict)
    closed: list[Closed[N]] = field(default_factory=list)

    def put(self, name: N, values: tuple[object, ...], *, ruleset: int, at: datetime) -> None:
        """From ``at`` on, this is so. Writes nothing where it was so already; keeps since when it goes on."""
        now = self.open.get(name)
        if now is not None and now.values == values and now.ruleset == ruleset:
            return
        since = at
        if now is not None:
            since = now.since_at
            self.close(now, at, Ended.CHANGED if now.ruleset == ruleset else Ended.RULESET)
        self.open[name] = Interval(name, values, ruleset, at, since)

    def end(self, name: N, *, at: datetime, ended: Ended) -> None:
        """From ``at`` on, there is nothing to say about this."""
        self.close(self.open.pop(name), at, ended)

    def close(self, interval: Interval[N], at: datetime, ended: Ended) -> None:
        self.closed.append(Closed(interval, at, ended))

    @property
    def touched(self) -> bool:
        return bool(self.closed) or any(one.row is None for one in self.open.values())


@dataclass(slots=True)
class Known:
    """One resource's row. ``row`` is None until it is stored; ``changed`` when the stored one is out of date."""

    kind: str
    key: str
    name: str
    engine: str
    incarnation: str
    first_seen_at: datetime
    gone_at: datetime | None = None
    row: int | None = None
    changed: bool = False


@dataclass(slots=True)
class Ledger:
    """All of one host. ``present`` has the resources that are not gone, by key; ``gone`` those that went on the way."""

    findings: Track[tuple[str, str]] = field(default_factory=Track)
    states: Track[str] = field(default_factory=Track)
    scores: Track[str] = field(default_factory=Track)
    present: dict[str, Known] = field(default_factory=dict)
    gone: dict[str, Known] = field(default_factory=dict)

    def see(self, resource: Resource, at: datetime) -> str:
        """A resource is there; gives its key as it is stored."""
        key = fit_key(resource.key, 512)
        said = (resource.kind.value, fit(resource.name, 256), fit(resource.engine, 64), fit(resource.incarnation, 80))
        known = self.present.get(key)
        if known is None:
            known = self.gone.pop(key, None) or Known(said[0], key, *said[1:], first_seen_at=at)
            known.gone_at, known.changed = None, True
            self.present[key] = known
        if (known.kind, known.name, known.engine, known.incarnation) != said:
            known.kind, known.name, known.engine, known.incarnation = said
            known.changed = True
        return key

    def lose(self, key: str, at: datetime) -> None:
        """A resource is no longer there."""
        known = self.present.pop(key)
        known.gone_at, known.changed = at, True
        self.gone[key] = known
