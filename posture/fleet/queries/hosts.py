"""Hosts, with their state and standing at a moment."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least, Lower
from django.db.models.lookups import GreaterThanOrEqual

from posture.fleet.models import Host, HostState, PresenceSpan, ScheduleAssignment
from posture.fleet.queries.paging import PAGE_SIZE, Page, window
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.standing import Standing, Word, criticals_column, judged_hosts, standing_of
from posture.fleet.services.expectations import LATE_INTERVALS, SILENT_AFTER, expected_at

SORTS = {
    "name": (Lower("name").asc(), "id"),
    "-name": (Lower("name").desc(), "id"),
    "score": ("elsewhere", F("score").asc(nulls_first=True), Lower("name"), "id"),
    "-score": ("elsewhere", F("score").desc(nulls_last=True), Lower("name"), "id"),
    "criticals": ("elsewhere", F("criticals").asc(nulls_first=True), Lower("name"), "id"),
    "-criticals": ("elsewhere", F("criticals").desc(nulls_last=True), Lower("name"), "id"),
    "seen": (F("seen_at").asc(nulls_first=True), Lower("name"), "id"),
    "-seen": (F("seen_at").desc(nulls_last=True), Lower("name"), "id"),
    "containers": ("container_count", Lower("name"), "id"),
    "-containers": ("-container_count", Lower("name"), "id"),
}


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host in a list. ``standing`` is None when it was never judged, or by other editions only (``judged``);
    ``seen_at`` is when it last spoke."""

    id: uuid.UUID
    name: str
    group: str
    labels: tuple[str, ...]
    state: HostState
    seen_at: datetime | None
    standing: Standing | None
    judged: bool
    board: str
    architecture: str
    kernel: str
    engine_version: str
    container_count: int
    engine_readable: bool
    is_demo: bool


@dataclass(frozen=True, slots=True)
class HostFilter:
    """What a list of hosts is narrowed to; empty texts narrow nothing."""

    text: str = ""
    state: str = ""
    word: str = ""
    sort: str = "score"


def list_hosts(
    *, scope: Scope, at: datetime | None, wanted: HostFilter, number: int = 1, size: int = PAGE_SIZE
) -> Page[HostRow]:
    """A page of hosts, the worst first unless another order is asked for."""
    retired = wanted.state == HostState.RETIRED
    within = scope.hosts().exclude(retired_at=None) if retired else scope.hosts_at(at=at)
    hosts = narrow(hosts=seen_hosts(hosts=within, at=at, edition=scope.edition), wanted=wanted)
    total = hosts.count()
    number = min(max(number, 1), max(1, -(-total // size)))
    ordered = hosts.order_by(*SORTS.get(wanted.sort, SORTS["score"]))
    return Page(rows=[host_row(host) for host in ordered[window(number=number, size=size)]], number=number, total=total)


def seen_hosts(*, hosts: QuerySet[Host], at: datetime | None, edition: str | None) -> QuerySet[Any]:
    """Hosts with their ``standing``, ``score``, ``criticals`` in an edition (None: their group's primary one),
    ``judged`` by any, ``seen_at``, ``state_then``, group and labels."""
    return judged_hosts(hosts=hosts, at=at, edition=edition).annotate(
        criticals=criticals_column(at=at, edition=edition),
        # Whom only other editions judge comes after all that this one says something about.
        elsewhere=Case(When(criticals=None, judged=True, then=Value(1)), default=Value(0)),
        seen_at=seen_column(at=at),
        **then_columns(at=at),
        state_then=state_column(at=at),
        group_name=F("group__name"),
        label_names=Subquery(
            Host.objects.filter(pk=OuterRef("pk")).values(names=ArrayAgg("labels__name", filter=~Q(labels=None)))
        ),
    )


def seen_column(*, at: datetime | None) -> Combinable:
    """When a host last spoke, up to a moment."""
    if at is None:
        return ExpressionWrapper(F("last_seen_at"), output_field=DateTimeField(null=True))
    spans = PresenceSpan.objects.filter(host=OuterRef("pk"), from_at__lte=at).order_by("-from_at")
    return Subquery(spans.values(end=Least("to_at", Value(at), output_field=DateTimeField()))[:1])


def state_column(*, at: datetime | None) -> Combinable:
    """The state of a host: the kept one now, in the past the one that its presence and its schedule of then tell.

    Reads ``seen_at``; of the past also ``schedule_then`` and ``interval_then``.
    """
    if at is None:
        return ExpressionWrapper(F("state"), output_field=CharField())
    expected = expected_at(at=at)
    owed = [When(schedule_then=one.schedule, then=Value(one.owed_since)) for one in expected]
    away = [When(schedule_then=one.schedule, then=Value(one.away_until)) for one in expected]
    moment = DateTimeField(null=True)
    patience = ExpressionWrapper(
        F("interval_then") * Value(timedelta(seconds=LATE_INTERVALS + 1), output_field=DurationField()),
        output_field=DurationField(),
    )
    missed = ExpressionWrapper(Value(at) - patience, output_field=moment)
    return Case(
        When(seen_at=None, then=Value(HostState.NEVER_SEEN)),
        When(Q(seen_at__gte=missed), then=Value(HostState.REPORTING)),
        When(
            Q(seen_at__lt=Case(*owed, default=Value(at - SILENT_AFTER), output_field=moment)),
            then=Value(HostState.SILENT),
        ),
        When(
            GreaterThanOrEqual(Case(*away, default=Value(None), output_field=moment), missed),
            then=Value(HostState.OFFLINE),
        ),
        default=Value(HostState.LATE),
        output_field=CharField(),
    )


def then_columns(*, at: datetime | None) -> dict[str, Combinable]:
    """The schedule that a host kept to at a moment of the past; nothing for now, where its state is kept."""
    if at is None:
        return {}
    kept = ScheduleAssignment.objects.filter(host=OuterRef("pk"), from_at__lte=at).order_by("-from_at")
    return {
        "schedule_then": Subquery(kept.values("schedule")[:1]),
        "interval_then": Coalesce(Subquery(kept.values("schedule__interval")[:1]), F("interval")),
    }


def narrow(*, hosts: QuerySet[Any], wanted: HostFilter) -> QuerySet[Any]:
    """Apply the filters of a list."""
    if wanted.text:
        hosts = hosts.filter(
            Q(name__icontains=wanted.text) | Q(board__icontains=wanted.text) | Q(architecture__iexact=wanted.text)
        )
    if wanted.state == "engine_unreadable":
        hosts = hosts.filter(engine_readable=False)
    elif wanted.state and wanted.state != HostState.RETIRED:
        hosts = hosts.filter(state_then=wanted.state)
    if wanted.word:
        hosts = hosts.filter(word_condition(wanted.word))
    return hosts


def word_condition(word: str) -> Q:
    """The filter of one word of ``Word``; must agree with ``word_of`` (held by a test)."""
    calm = Q(criticals=0)
    conditions: dict[str, Q] = {
        Word.GOOD: Q(score__gte=90) & calm,
        Word.FAIR: Q(score__gte=75, score__lt=90) & calm,
        Word.WEAK: Q(score__gte=50, score__lt=75) | (Q(score__gte=75) & ~calm),
        Word.EXPOSED: Q(score__lt=50),
        Word.NONE: Q(score=None),
    }
    return conditions.get(word, Q())


def host_row(host: Host) -> HostRow:
    """A row of ``seen_hosts`` as a typed value."""
    found = vars(host)
    return HostRow(
        id=host.pk,
        name=host.name,
        group=found["group_name"],
        labels=tuple(sorted(found["label_names"] or ())),
        state=HostState(HostState.RETIRED if host.retired_at else found["state_then"]),
        seen_at=found["seen_at"],
        standing=standing_of(found["standing"]),
        judged=found["judged"],
        board=host.board,
        architecture=host.architecture,
        kernel=host.kernel,
        engine_version=host.engine_version,
        container_count=host.container_count,
        engine_readable=host.engine_readable,
        is_demo=host.is_demo,
    )


def find_host(*, scope: Scope, host: uuid.UUID, at: datetime | None) -> HostRow | None:
    """One host, retired or not; None when the viewer may not see it."""
    hosts = Scope(groups=scope.groups).hosts().filter(pk=host)
    row = seen_hosts(hosts=hosts, at=at, edition=scope.edition).first()
    return None if row is None else host_row(row)


def search_hosts(*, scope: Scope, text: str, limit: int = 8) -> list[Host]:
    """Hosts whose name holds a text, for the search."""
    return list(Scope(groups=scope.groups).hosts().filter(name__icontains=text).order_by(Lower("name"))[:limit])
