"""Groups and labels."""

from dataclasses import dataclass

from django.db.models import Count, Q

from posture.fleet.models import Group, Label
from posture.fleet.queries.scope import Scope


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group and the number of its hosts that are not retired."""

    id: int
    name: str
    primary_edition: str
    is_demo: bool
    hosts: int


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label and the number of hosts that carry it."""

    id: int
    name: str
    hosts: int


def list_groups(*, scope: Scope) -> list[GroupRow]:
    """The groups that the viewer may see, by name."""
    groups = Group.objects.all() if scope.groups is None else Group.objects.filter(pk__in=scope.groups)
    counted = groups.annotate(number=Count("hosts", filter=Q(hosts__retired_at=None)))
    columns = ("id", "name", "primary_edition", "is_demo", "number")
    return [GroupRow(*row) for row in counted.order_by("name", "pk").values_list(*columns)]


def list_labels() -> list[LabelRow]:
    """Every label, by name."""
    counted = Label.objects.annotate(number=Count("hosts")).order_by("name")
    return [LabelRow(*row) for row in counted.values_list("id", "name", "number")]
