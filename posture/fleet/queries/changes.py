"""Changes: what opened and what closed, with its cause, gathered by host and moment."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from posture.fleet.models import (
    ClosedFinding,
    ClosedScore,
    OpenFinding,
    OpenScore,
    RulesetAssignment,
)
from posture.fleet.queries.editions import of_edition
from posture.fleet.queries.scope import Scope


class Cause(StrEnum):
    """Why a finding opened or closed."""

    BROKEN = "broken"  # a resource that was there stopped to pass
    NEW = "new"  # a resource came and does not pass
    FIXED = "fixed"  # it passes now
    GONE = "gone"  # the resource went
    RULESET = "ruleset"  # other rules or parameters judge


ENDS = {"passed": Cause.FIXED, "gone": Cause.GONE, "ruleset": Cause.RULESET}


@dataclass(frozen=True, slots=True)
class Change:
    """One finding that opened or closed."""

    at: datetime
    host_id: uuid.UUID
    check_key: str
    status: str
    resource_id: int
    resource_kind: str
    resource_name: str
    cause: Cause
    opened: bool


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All that changed on one host at one moment, and the scores around it (None: nothing judged)."""

    at: datetime
    host_id: uuid.UUID
    host_name: str
    before: float | None
    after: float | None
    changes: tuple[Change, ...]

    @property
    def lines(self) -> list[tuple[Change, ...]]:
        """The changes, those of one check with one cause together."""
        found: dict[tuple[Cause, str], list[Change]] = defaultdict(list)
        for change in self.changes:
            found[change.cause, change.check_key].append(change)
        return [tuple(together) for together in found.values()]

    @property
    def opened(self) -> int:
        return sum(change.opened for change in self.changes)

    @property
    def closed(self) -> int:
        return len(self.changes) - self.opened


@dataclass(frozen=True, slots=True)
class Period:
    """Changes after ``from_at``, up to and with ``to_at``."""

    from_at: datetime
    to_at: datetime


def opened_in(*, period: Period) -> list[QuerySet[Any]]:
    """Findings that began not to pass within the period; an interval that only changed its evidence is no beginning."""
    begun = Q(from_at__gt=period.from_at, from_at__lte=period.to_at, since_at=F("from_at"))
    return [
        model.objects.filter(begun).alias(carried=Exists(_ended_by_ruleset())).filter(carried=False)
        for model in (OpenFinding, ClosedFinding)
    ]


def _ended_by_ruleset() -> QuerySet[Any]:
    # The same finding under the ruleset before: nothing changed on the host.
    return ClosedFinding.objects.filter(**_same(), to_at=OuterRef("from_at"), ended="ruleset")


def _same() -> dict[str, OuterRef]:
    return {name: OuterRef(name) for name in ("host", "resource", "check_key")}


def closed_in(*, period: Period) -> QuerySet[Any]:
    """Findings that ended within the period: they pass, their resource went, or other rules judge."""
    ended = ClosedFinding.objects.filter(
        to_at__gt=period.from_at, to_at__lte=period.to_at, ended__in=("passed", "gone", "ruleset")
    )
    following = {**_same(), "from_at": OuterRef("to_at")}
    carried = Q(ended="ruleset") & (
        Exists(OpenFinding.objects.filter(**following)) | Exists(ClosedFinding.objects.filter(**following))
    )
    return ended.exclude(carried)


def count_changes(*, scope: Scope, period: Period) -> tuple[int, int]:
    """How many findings of the scope's edition opened and closed within a period. Three statements."""
    narrowed = Q(host__in=scope.hosts()) & of_edition(edition=scope.edition)
    opened = sum(rows.filter(narrowed).count() for rows in opened_in(period=period))
    return opened, closed_in(period=period).filter(narrowed).count()


MOMENT = ("host_id", "host__name")
OPENED = (
    "from_at",
    "host_id",
    "check_key",
    "status",
    "resource_id",
    "resource__kind",
    "resource__name",
    "resource__first_seen_at",
)
CLOSED = ("to_at", "host_id", "check_key", "status", "resource_id", "resource__kind", "resource__name", "ended")


def list_change_sets(
    *,
    scope: Scope,
    period: Period,
    host: uuid.UUID | None = None,
    checks: Collection[str] | None = None,
    causes: Collection[Cause] | None = None,
    limit: int = 25,
    offset: int = 0,
) -> list[ChangeSet]:
    """Change sets of a period, the newest first. The statements do not grow with hosts nor changes."""
    narrowed = Q(host__in=scope.hosts()) & of_edition(edition=scope.edition)
    if host is not None:
        narrowed &= Q(host=host)
    if checks is not None:
        narrowed &= Q(check_key__in=list(checks))
    opened = [rows.filter(narrowed & opening(causes)) for rows in opened_in(period=period)]
    closed = closed_in(period=period).filter(narrowed & ending(causes))
    moments = _moments(opened, closed, limit, offset)
    if not moments:
        return []
    whole = Q(host__in={row[1] for row in moments}) & of_edition(edition=scope.edition)
    changes = _changes([rows.filter(whole & Q(from_at__in={row[0] for row in moments})) for rows in opened],
                       closed.filter(whole & Q(to_at__in={row[0] for row in moments})))  # fmt: skip
    scores = _scores_around({(row[1], row[0]) for row in moments}, scope.edition)
    found = []
    for at, host_id, name in moments:
        of_moment = tuple(change for change in changes[host_id, at] if causes is None or change.cause in causes)
        if of_moment:
            found.append(ChangeSet(at, host_id, name, *scores.get((host_id, at), (None, None)), of_moment))
    return found


def opening(causes: Collection[Cause] | None) -> Q:
    """The filter of opened findings for some causes; those by other rules are told apart from broken ones later."""
    if causes is None:
        return Q()
    came, wanted = Q(resource__first_seen_at=F("from_at")), Q(pk__in=[])
    if Cause.NEW in causes:
        wanted |= came
    if {Cause.BROKEN, Cause.RULESET} & set(causes):
        wanted |= ~came
    return wanted


def ending(causes: Collection[Cause] | None) -> Q:
    """The filter of closed findings for some causes."""
    return Q() if causes is None else Q(ended__in=[word for word, cause in ENDS.items() if cause in causes])


def _moments(opened: list[QuerySet[Any]], closed: QuerySet[Any], limit: int, offset: int) -> list[Any]:
    parts = [rows.values_list("from_at", *MOMENT) for rows in opened]
    union = parts[0].union(parts[1], closed.values_list("to_at", *MOMENT))
    return list(union.order_by("-from_at", "host__name", "host_id")[offset : offset + limit])


def _changes(opened: Iterable[QuerySet[Any]], closed: QuerySet[Any]) -> dict[tuple[uuid.UUID, datetime], list[Change]]:
    found: dict[tuple[uuid.UUID, datetime], list[Change]] = defaultdict(list)
    rows = [row for part in opened for row in part.values_list(*OPENED)]
    reassigned = set(
        RulesetAssignment.objects.filter(host__in={row[1] for row in rows}, from_at__in={row[0] for row in rows})
        .values_list("host_id", "from_at")
    )  # fmt: skip
    for at, host, check, status, resource, kind, name, first_seen_at in rows:
        cause = Cause.NEW if first_seen_at == at else Cause.RULESET if (host, at) in reassigned else Cause.BROKEN
        found[host, at].append(Change(at, host, check, status, resource, kind, name, cause, opened=True))
    for at, host, check, status, resource, kind, name, ended in closed.values_list(*CLOSED):
        found[host, at].append(Change(at, host, check, status, resource, kind, name, ENDS[ended], opened=False))
    return found


def _scores_around(
    moments: Collection[tuple[uuid.UUID, datetime]], edition: str | None
) -> dict[tuple[uuid.UUID, datetime], tuple[float | None, float | None]]:
    """The scores that ended and that began at each (host, moment). A score that did not move has neither."""
    hosts, times = {host for host, _ in moments}, {at for _, at in moments}
    primary = {"edition": edition or F("host__group__primary_edition"), "host__in": hosts}
    ended = ClosedScore.objects.filter(to_at__in=times, **primary).values_list("host_id", "to_at", "score")
    before = {(host, at): score for host, at, score in ended}
    after: dict[tuple[uuid.UUID, datetime], float | None] = {}
    for model in (OpenScore, ClosedScore):
        began = model.objects.filter(from_at__in=times, **primary).values_list("host_id", "from_at", "score")
        after.update({(host, at): score for host, at, score in began})
    return {moment: (before.get(moment), after.get(moment)) for moment in before.keys() | after.keys()}
