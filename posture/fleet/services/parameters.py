"""Values that the operator gives to rules' parameters."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from posture.evaluation.judge import compile_logic
from posture.evaluation.rule import Rule
from posture.fleet.models import Group, ParameterSetting
from posture.fleet.services.audit import record_action
from posture.fleet.services.rulesets import assign_rulesets


@transaction.atomic
def set_parameter(
    *, group: Group | None, rule: Rule, name: str, value: object, now: datetime, actor: str, address: str | None
) -> list[UUID]:
    """Give a parameter a value for a group, or (None) for the whole fleet; ``value`` None takes ours away.

    Judging changes from now on; gives the hosts whose ledger has to advance.
    ValueError when the value has another type, or is none that the rule can compare with.
    """
    place: dict[str, Any] = {"group": group, "rule": rule.id, "name": name}
    before = ParameterSetting.objects.filter(**place).values_list("value", flat=True).first()
    if value is None:
        ParameterSetting.objects.filter(**place).delete()
        accepted: object = None
    else:
        accepted = rule.parameters[name].accept(value)
        compile_logic(rule, {name: accepted})  # also where no edition judges by this rule today
        stored = list(accepted) if isinstance(accepted, tuple) else accepted
        ParameterSetting.objects.update_or_create(**place, defaults={"value": stored})
    record_action(
        actor=actor,
        action="parameter.changed" if value is not None else "parameter.cleared",
        subject=f"{rule.id}.{name}",
        details={"group": group.name if group else None, "from": before, "to": value},
        address=address,
    )
    return assign_rulesets(now=now)
