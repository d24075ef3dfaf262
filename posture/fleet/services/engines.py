"""Engines that visits look for."""

import uuid

from django.db import transaction

from posture.fleet.models import Engine, Host, Source
from posture.fleet.services.audit import record_action


@transaction.atomic
def forget_engine(*, host: uuid.UUID, key: str, actor: str, address: str | None) -> bool:
    """Look no longer for an engine that was removed for good. False, and nothing changes, where it answers, is not
    known, or its host has an agent, which remembers engines by itself (``posture-agent forget``)."""
    gone = Engine.objects.filter(host=host, key=key, readable=False, host__retired_at=None)
    gone = gone.exclude(host__source=Source.AGENT)
    endpoint = gone.values_list("endpoint", flat=True).first()
    if endpoint is None:
        return False
    gone.delete()
    name = Host.objects.values_list("name", flat=True).get(pk=host)
    details = {"key": key, "endpoint": endpoint}
    record_action(actor=actor, action="engine.forgotten", subject=name, details=details, address=address)
    return True
