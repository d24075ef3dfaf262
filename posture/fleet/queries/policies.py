"""The operator's choices of policies."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from posture.fleet.models import Group, PolicySetting
from posture.fleet.services.choices import offered


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice, and the group it was made for (None: the whole fleet)."""

    choice: str
    group: int | None
    name: str


def chosen_policies(*, line: Sequence[Group]) -> dict[str, Chosen]:
    """By policy, the choice that holds for a group's chain ([]: the fleet); none where nobody chose. One statement."""
    ranks: dict[int | None, int] = {**{one.pk: rank for rank, one in enumerate(line)}, None: len(line)}
    names = {one.pk: one.name for one in line}
    settings = PolicySetting.objects.filter(Q(group__in=list(names)) | Q(group=None))
    nearest_last = sorted(filter(_is_offered, settings), key=lambda one: ranks[one.group_id], reverse=True)
    return {one.policy: Chosen(one.choice, one.group_id, names.get(one.group_id or 0, "")) for one in nearest_last}


def _is_offered(setting: PolicySetting) -> bool:
    return offered(setting=setting)
