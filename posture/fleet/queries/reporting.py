"""How a host reports: what came, what is missing, what came twice or was forged, and how its clock is."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Max, Min, Sum

from posture.fleet.models import DroppedRange, EnrolmentKey, Host, Installation, InstallationKind, Snapshot
from posture.fleet.queries.scope import Scope
from posture.fleet.services.merging import obstacle

SHOWN_GAPS = 5
LATELY = timedelta(days=7)  # for so long a forged message stands at the top of the page


@dataclass(frozen=True, slots=True)
class Reporting:
    """The installation in use (else the last one) and what its messages tell. Counts are of numbered collections."""

    installation: Installation
    received: int
    missing: int
    gaps: list[tuple[int, int]]  # the newest ones
    dropped: int
    estimated: int  # snapshots whose time the agent's clock could not tell
    former: int  # installations of the host before
    reenrolment_key: EnrolmentKey | None  # one that waits to be used
    forged_lately: bool

    @property
    def quarantined(self) -> bool:
        one = self.installation  # one of our own numbers its visits here: no second machine can have its identity
        return one.quarantined_at is not None and one.revoked_at is None and one.kind == InstallationKind.AGENT


def reporting_of(*, host: uuid.UUID, now: datetime) -> Reporting | None:
    """How a host reports; None when nothing was ever enrolled for it."""
    installations = list(
        Installation.objects.filter(host=host).order_by(F("revoked_at").desc(nulls_first=True), "-enrolled_at")
    )
    if not installations:
        return None
    one = installations[0]
    missing, gaps = missing_of(one)
    ranges = DroppedRange.objects.filter(installation=one).aggregate(count=Sum(F("last") - F("first") + 1))
    waiting = EnrolmentKey.objects.filter(host=host, revoked_at=None, expires_at__gt=now, used__lt=F("use_limit"))
    return Reporting(
        installation=one,
        received=one.last_sequence - missing,
        missing=missing,
        gaps=gaps,
        dropped=ranges["count"] or 0,
        estimated=Snapshot.objects.filter(installation=one, estimated=True).count(),
        former=len(installations) - 1,
        reenrolment_key=waiting.order_by("-created_at").first(),
        forged_lately=one.revoked_at is None and one.forged_at is not None and now - one.forged_at <= LATELY,
    )


def missing_of(installation: Installation) -> tuple[int, list[tuple[int, int]]]:
    """How many numbers never came, and the newest of their runs."""
    total = installation.gaps.aggregate(count=Sum(F("last") - F("first") + 1))["count"] or 0
    newest = installation.gaps.order_by("-first").values_list("first", "last")[:SHOWN_GAPS]
    return total, list(newest)


def old_hosts_of(*, scope: Scope, host: Host, limit: int = 3) -> list[Host]:
    """Hosts that this one may continue: they have its machine id and stopped reporting before it began.

    Boards flashed from one image share their machine id: it is a proposal, for a person to decide.
    """
    if not host.machine_id or host.merged_into_id is not None or host.is_demo:
        return []
    alike = Scope(groups=scope.groups).hosts().filter(machine_id=host.machine_id).exclude(pk=host.pk)
    return [one for one in alike.order_by("-last_seen_at")[:20] if obstacle(newer=host, older=one) is None][:limit]


def dropped_of(*, host: uuid.UUID, from_at: datetime, to_at: datetime) -> list[tuple[datetime, datetime]]:
    """The times between two moments in which facts changed and were not kept."""
    ranges = DroppedRange.objects.filter(host=host, to_at__gt=from_at, from_at__lt=to_at).order_by("from_at")
    return list(ranges.values_list("from_at", "to_at"))


@dataclass(frozen=True, slots=True)
class DroppedTimes:
    """The times of one host in which facts changed and were not kept: how many ranges, and when."""

    host: uuid.UUID
    name: str
    from_at: datetime
    to_at: datetime
    ranges: int


def dropped_in(*, scope: Scope, from_at: datetime, to_at: datetime, limit: int = 20) -> list[DroppedTimes]:
    """Per host of a scope the times in a period in which facts changed and were not kept, the latest first."""
    ranges = DroppedRange.objects.filter(host__in=scope.hosts(), to_at__gt=from_at, from_at__lte=to_at)
    found = ranges.values("host_id", "host__name").annotate(
        began=Min("from_at"), ended=Max("to_at"), ranges=Count("id")
    )
    return [
        DroppedTimes(one["host_id"], one["host__name"], one["began"], one["ended"], one["ranges"])
        for one in found.order_by("-ended")[:limit]
    ]
