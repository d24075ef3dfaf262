"""What people change about hosts."""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from posture.fleet.models import Group, Host, HostState, Label
from posture.fleet.services.audit import record_action
from posture.fleet.services.rulesets import assign_rulesets
from posture.fleet.services.schedules import take_schedules


@transaction.atomic
def edit_host(
    *,
    host: uuid.UUID,
    name: str,
    group: Group,
    labels: Iterable[Label],
    retired: bool,
    actor: str,
    address: str | None,
) -> list[uuid.UUID]:
    """Rename, move, label, retire or take back a host; each change is one action of the audit log.

    Gives the hosts whose ledger has to advance: another group may have other parameters.
    """
    found = Host.objects.select_for_update().get(pk=host)
    done: list[tuple[str, dict[str, object]]] = []
    if found.name != name:
        done.append(("host.renamed", {"from": found.name, "to": name}))
        found.name = name
    moved = found.group_id != group.pk
    if moved:
        done.append(("host.moved", {"from": found.group.name, "to": group.name}))
        found.group = group
    if retired != (found.retired_at is not None):
        done.append(("host.retired" if retired else "host.returned", {}))
        found.retired_at = timezone.now() if retired else None
        found.state = HostState.RETIRED if retired else HostState.SILENT
    chosen = sorted(labels, key=lambda label: label.name)
    before = sorted(found.labels.values_list("name", flat=True))
    if before != [label.name for label in chosen]:
        done.append(("host.labelled", {"from": before, "to": [label.name for label in chosen]}))
        found.labels.set(chosen)
    found.save(update_fields=["name", "group", "retired_at", "state"])
    for action, details in done:
        record_action(actor=actor, action=action, subject=found.name, details=details, address=address)
    if not moved:
        return []
    take_schedules(now=timezone.now(), groups=[group])
    return assign_rulesets(now=timezone.now(), groups=[group])
