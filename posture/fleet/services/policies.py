"""The operator's choices where advice contradicts itself."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from posture.evaluation.policy import Policy
from posture.fleet.models import Group, PolicySetting
from posture.fleet.services.audit import record_action
from posture.fleet.services.rulesets import assign_rulesets


@transaction.atomic
def set_policy(
    *, group: Group | None, policy: Policy, choice: str | None, now: datetime, actor: str, address: str | None
) -> list[UUID]:
    """Choose for a group, or (None) for the whole fleet; ``choice`` None takes our own choice away.

    Judging changes from now on; gives the hosts whose ledger has to advance. ValueError when there is no such choice.
    """
    if choice is not None and choice not in policy.choices:
        raise ValueError(f"the policy {policy.id} offers no choice {choice}")
    here = PolicySetting.objects.filter(group=group, policy=policy.id)
    before = here.values_list("choice", flat=True).first()
    if choice is None:
        here.delete()
    else:
        PolicySetting.objects.update_or_create(group=group, policy=policy.id, defaults={"choice": choice})
    record_action(
        actor=actor,
        action="policy.chosen" if choice is not None else "policy.cleared",
        subject=policy.id,
        details={"group": group.name if group else None, "from": before, "to": choice},
        address=address,
    )
    return assign_rulesets(now=now)
