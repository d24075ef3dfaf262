"""Resources: containers and all else that is judged on a host."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower

from posture.fleet.models import ClosedFinding, OpenFinding, Resource
from posture.fleet.queries.editions import of_edition
from posture.fleet.queries.interval import begun, covering
from posture.fleet.queries.paging import PAGE_SIZE, Page, window
from posture.fleet.queries.scope import Scope


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A resource in a list, with the number of checks it fails and of those that could not be judged."""

    id: int
    kind: str
    key: str
    name: str
    host_id: uuid.UUID
    host_name: str
    first_seen_at: datetime
    gone_at: datetime | None
    failed: int
    unknown: int


COLUMNS = ("id", "kind", "key", "name", "host_id", "host__name", "first_seen_at", "gone_at", "failed", "unknown")
SORTS = {
    "name": (Lower("name").asc(), "id"),
    "-name": (Lower("name").desc(), "id"),
    "host": (Lower("host__name").asc(), Lower("name").asc(), "id"),
    "-host": (Lower("host__name").desc(), Lower("name").asc(), "id"),
    "failed": (F("failed").asc(), Lower("name").asc(), "id"),
    "-failed": (F("failed").desc(), Lower("name").asc(), "id"),
    "first": (F("first_seen_at").asc(), "id"),
    "-first": (F("first_seen_at").desc(), "id"),
}


def list_resources(
    *,
    scope: Scope,
    at: datetime | None,
    kind: str,
    text: str = "",
    sort: str = "-failed",
    number: int = 1,
    size: int = PAGE_SIZE,
) -> Page[ResourceRow]:
    """A page of the resources of one kind that were there at a moment."""
    resources = present(at=at).filter(kind=kind, host__in=scope.hosts_at(at=at))
    if text:
        resources = resources.filter(Q(name__icontains=text) | Q(host__name__icontains=text))
    total = resources.count()
    number = min(max(number, 1), max(1, -(-total // size)))
    ordered = counted(resources=resources, at=at, edition=scope.edition).order_by(*SORTS.get(sort, SORTS["-failed"]))
    rows = [ResourceRow(*row) for row in ordered.values_list(*COLUMNS)[window(number=number, size=size)]]
    return Page(rows=rows, number=number, total=total, size=size)


def present(*, at: datetime | None) -> QuerySet[Resource]:
    """The resources that were there at a moment."""
    if at is None:
        return Resource.objects.filter(gone_at=None)
    return Resource.objects.filter(Q(gone_at=None) | Q(gone_at__gt=at), first_seen_at__lte=at)


def counted(*, resources: QuerySet[Resource], at: datetime | None, edition: str | None) -> QuerySet[Any]:
    """The resources with their ``failed`` and ``unknown`` checks of an edition (None: of all) at a moment."""
    return resources.annotate(failed=_findings("fail", at, edition), unknown=_findings("unknown", at, edition))


def _findings(status: str, at: datetime | None, edition: str | None) -> Any:
    # The host is named for the index, which begins with it.
    here = of_edition(edition=edition) & Q(host=OuterRef("host"), resource=OuterRef("pk"), status=status)
    current = _count(OpenFinding.objects.filter(begun(at=at), here))
    if at is None:
        return current
    return current + _count(ClosedFinding.objects.filter(covering(at=at), here))


def _count(findings: QuerySet[Any]) -> Coalesce:
    counts = findings.order_by().values("resource").annotate(number=Count("check_key")).values("number")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def host_resources(*, host: uuid.UUID, at: datetime | None, kind: str, edition: str | None = None) -> list[ResourceRow]:
    """The resources of one kind on a host at a moment, the worst in an edition (None: in all) first."""
    found = counted(resources=present(at=at).filter(host=host, kind=kind), at=at, edition=edition)
    return [ResourceRow(*row) for row in found.order_by(*SORTS["-failed"]).values_list(*COLUMNS)]


def find_resource(*, host: uuid.UUID, resource: int) -> Resource | None:
    """One resource of a host, gone or not."""
    return Resource.objects.filter(host=host, pk=resource).first()
