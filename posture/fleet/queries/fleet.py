"""The fleet, or a part of it, as one: its score, its hosts by state and word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Case, Count, F, FloatField, Min, Q, Sum, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from posture.fleet.models import HostState
from posture.fleet.queries.hosts import HostRow, host_row, seen_hosts, word_condition
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.standing import Word, word_of


@dataclass(frozen=True, slots=True)
class FleetStanding:
    """The mean of the hosts' scores in one edition: a silent host keeps its last, one never judged counts zero, retired
    ones are out, and so are those that only ``other`` editions judge.

    ``score`` is None without hosts; ``critical_hosts`` have at least one open critical; ``first_at`` is that of the
    first snapshot.
    """

    score: float | None
    coverage: float
    open_criticals: int
    critical_hosts: int
    hosts: int
    judged: int
    other: int
    states: Mapping[str, int]
    words: Mapping[str, int]
    unreadable: int
    first_at: datetime | None

    @property
    def word(self) -> Word:
        return word_of(score=self.score, open_criticals=self.open_criticals)

    @property
    def counted(self) -> int:
        """The hosts that the score is about."""
        return self.hosts - self.other


def stand_fleet(*, scope: Scope, at: datetime | None) -> FleetStanding:
    """Where the hosts of a scope stand at a moment. One statement."""
    hosts = seen_hosts(hosts=scope.hosts_at(at=at), at=at, edition=scope.edition)
    # A row with a null score (nothing applicable) is out of the mean; no row of any edition counts zero.
    other = Q(criticals=None, judged=True)
    counted = Case(
        When(other, then=Value(None)),
        When(criticals=None, then=Value(0.0)),
        default=F("score"),
        output_field=FloatField(null=True),
    )
    covered = Cast(KeyTextTransform("coverage", "standing"), FloatField())
    states = {f"state_{state}": Count("pk", filter=Q(state_then=state)) for state in HostState.values}
    words = {f"word_{word}": Count("pk", filter=word_condition(word)) for word in Word}
    found = hosts.annotate(
        counted=counted, covered=Case(When(other, then=Value(None)), default=Coalesce(covered, Value(0.0)))
    )
    row = found.aggregate(
        mean=Avg("counted"),
        mean_coverage=Avg("covered"),
        sum_criticals=Coalesce(Sum("criticals"), 0),
        critical_hosts=Count("pk", filter=Q(criticals__gt=0)),
        hosts=Count("pk"),
        judging=Count("pk", filter=~Q(criticals=None)),
        other=Count("pk", filter=other),
        unreadable=Count("pk", filter=Q(engine_readable=False)),
        first_at=Min("first_seen_at"),
        **states,
        **words,
    )
    return FleetStanding(
        score=row["mean"],
        coverage=row["mean_coverage"] or 0.0,
        open_criticals=row["sum_criticals"],
        critical_hosts=row["critical_hosts"],
        hosts=row["hosts"],
        judged=row["judging"],
        other=row["other"],
        states={state: row[f"state_{state}"] for state in HostState.values},
        words={word: row[f"word_{word}"] for word in Word},
        unreadable=row["unreadable"],
        first_at=row["first_at"],
    )


def score_fleet(*, scope: Scope, at: datetime | None) -> float | None:
    """The score alone, to compare two moments."""
    return stand_fleet(scope=scope, at=at).score


def weakest_hosts(*, scope: Scope, at: datetime | None, limit: int) -> list[HostRow]:
    """The judged hosts with the lowest scores."""
    hosts = seen_hosts(hosts=scope.hosts_at(at=at), at=at, edition=scope.edition).exclude(score=None)
    return [host_row(host) for host in hosts.order_by("score", "name", "pk")[:limit]]
