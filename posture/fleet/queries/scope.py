"""What a viewer may see."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Least

from posture.fleet.models import Account, Host


@dataclass(frozen=True, slots=True)
class Scope:
    """The hosts that a viewer may see, narrowed by what they asked to see.

    ``groups`` is None where every group may be seen; ``group``, ``label`` and ``host`` are filters of one's own (ids).
    ``edition`` is by which every host is seen: editions are never averaged with one another. Where it is None each
    host is seen by its group's own.
    """

    groups: frozenset[int] | None = None
    group: int | None = None
    label: int | None = None
    host: uuid.UUID | None = None
    edition: str | None = None

    def hosts(self) -> QuerySet[Host]:
        """Every host within the scope, retired ones too; what was merged into another host is no host any more."""
        hosts = Host.objects.filter(merged_into=None)
        if self.groups is not None:
            hosts = hosts.filter(group__in=self.groups)
        if self.group is not None:
            hosts = hosts.filter(Q(group=self.group) | Q(group__parent=self.group))
        if self.label is not None:
            hosts = hosts.filter(labels=self.label)
        if self.host is not None:
            hosts = hosts.filter(pk=self.host)
        return hosts

    def hosts_at(self, *, at: datetime | None) -> QuerySet[Host]:
        """The hosts that counted at a moment: known by then and not retired by then."""
        if at is None:
            return self.hosts().filter(retired_at=None)
        entered = self.hosts().alias(entered_at=Least("created_at", "first_seen_at")).filter(entered_at__lte=at)
        return entered.filter(Q(retired_at=None) | Q(retired_at__gt=at))


def scope_of(
    *, account: Account, group: int | None = None, label: int | None = None, edition: str | None = None
) -> Scope:
    """The scope of a person. Rights by group come with the groups' tree; today everyone sees every group."""
    return Scope(groups=None if account.is_active else frozenset(), group=group, label=label, edition=edition)


def hosts_sql(*, scope: Scope) -> tuple[str, dict[str, Any]]:
    """The hosts of a scope as SQL with named parameters, each with the edition by which it is seen."""
    where = ["h.merged_into_id IS NULL"]
    parameters: dict[str, Any] = {"edition": scope.edition}
    if scope.groups is not None:
        where.append("h.group_id = ANY(%(groups)s)")
        parameters["groups"] = sorted(scope.groups)
    if scope.group is not None:
        where.append("(g.id = %(group)s OR g.parent_id = %(group)s)")
        parameters["group"] = scope.group
    if scope.label is not None:
        where.append("EXISTS (SELECT 1 FROM fleet_host_labels l WHERE l.host_id = h.id AND l.label_id = %(label)s)")
        parameters["label"] = scope.label
    if scope.host is not None:
        where.append("h.id = %(host)s")
        parameters["host"] = scope.host
    edition_column = "coalesce(%(edition)s, g.primary_edition) AS edition"
    columns = f"h.id, h.retired_at, least(h.created_at, h.first_seen_at) AS entered_at, {edition_column}"
    joined = "fleet_host h JOIN fleet_group g ON g.id = h.group_id"
    return f"SELECT {columns} FROM {joined} WHERE {' AND '.join(where)}", parameters  # noqa: S608 - only the fixed texts above
