"""Checks and hosts at once: the status of every check of an edition on some hosts, or its counts by group."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, F, Q

from posture.fleet.models import ClosedCheckState, OpenCheckState
from posture.fleet.queries.editions import of_edition
from posture.fleet.queries.interval import begun, covering
from posture.fleet.queries.scope import Scope


def statuses_by_host(
    *, hosts: Sequence[uuid.UUID], at: datetime | None, edition: str
) -> Mapping[uuid.UUID, Mapping[str, str]]:
    """By host and check, its status. One statement now, two in the past."""
    here = of_edition(edition=edition) & Q(host__in=hosts)
    rows = list(OpenCheckState.objects.filter(begun(at=at), here).values_list("host_id", "check_key", "status"))
    if at is not None:
        closed = ClosedCheckState.objects.filter(covering(at=at), here)
        rows += closed.values_list("host_id", "check_key", "status")
    found: defaultdict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    for host, key, status in rows:
        found[host][key] = status
    return found


def counts_by_group(*, scope: Scope, at: datetime | None) -> Mapping[int, Mapping[str, Mapping[str, int]]]:
    """By group and check, hosts by status. One statement now, two in the past."""
    here = of_edition(edition=scope.edition) & Q(host__in=scope.hosts_at(at=at))
    sources = [OpenCheckState.objects.filter(begun(at=at), here)]
    if at is not None:
        sources.append(ClosedCheckState.objects.filter(covering(at=at), here))  # type: ignore[arg-type]  # same columns, another model
    found: defaultdict[int, defaultdict[str, defaultdict[str, int]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(int))
    )
    for source in sources:
        counted = source.values_list(F("host__group"), "check_key", "status").annotate(number=Count("pk"))
        for group, key, status, number in counted.order_by():
            found[group][key][status] += number
    return found
