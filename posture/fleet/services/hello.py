"""What an agent says that has no collection to speak of: that it is there, and what went wrong in it."""

from datetime import datetime

from django.db import transaction
from msgspec import UNSET, to_builtins

from posture.facts.moments import canonical_moment
from posture.facts.wire.messages import Hello
from posture.fleet.models import Host
from posture.fleet.services.agents import Agent
from posture.fleet.services.rotation import hear

TOLD_AT = "TroublesToldAt"  # beside the agent's own measurements, which the next check-in replaces


@transaction.atomic
def take_hello(*, agent: Agent, said: Hello, now: datetime) -> None:
    """Take note of a hello, and keep the troubles that it tells for the host's page.

    It is no report: how the host stands, and when it was seen, is left as it is. Raises UnknownToken, WrongShape.
    """
    is_new = hear(agent=agent, said=said, now=now)
    if not is_new or said.measurements.Troubles is UNSET:
        return
    host = Host.objects.select_for_update().get(pk=agent.host)
    host.measurements |= {"Troubles": to_builtins(said.measurements.Troubles), TOLD_AT: canonical_moment(now)}
    host.save(update_fields=["measurements"])
