"""Takes the agent off one host again. Its history stays; what was never there is nothing to do."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from posture.fleet.models import (
    Host,
    HostState,
    Installation,
    InstallationKind,
    Reach,
    RemoteRun,
    Rollout,
    Source,
)
from posture.fleet.services.audit import record_action
from posture.fleet.services.sources import take_source
from posture.fleet.services.tokens import revoke_installation
from posture.remote.connection import Connection
from posture.remote.problems import RemoteTrouble
from posture.remote.rollout.installing import identifier
from posture.remote.rollout.program import Program, copy_program, look_at, refuse_foreign
from posture.remote.rollout.steps import Step


def remove_agent(*, connection: Connection, reach: Reach, rollout: Rollout, step: Step) -> bool:
    """Uninstall, and end the token of what was there; whether there was anything. Raises RemoteTrouble.

    The host keeps its history. It is retired where the roll-out says so: nobody will hear of it again, and a host that
    is silent for ever would hide those that should not be.
    """
    step("look")
    seen = look_at(connection)
    if not seen.digest and not seen.state:
        return False
    program = Program(connection, seen)
    found = claimed(refuse_foreign(program), reach)
    try:
        copy_program(connection, seen)  # this server's own file knows how to take away what older ones made
    except RemoteTrouble as trouble:
        if not seen.digest or trouble.problem not in ("disk_full", "read_only"):
            raise  # else the one that is there takes itself away
    if found is None:
        found = claimed(refuse_foreign(program), reach)
    step("uninstall")
    program.demand("uninstall")
    step("revoke")
    if found is not None:
        end_installation(found, reach, rollout)
    return True


def claimed(status: Mapping[str, Any], reach: Reach) -> Installation | None:
    """The installation that the machine says it is, if that is of the host we know the machine as.

    It could say that it is another one: nothing of another host ends here. Raises RemoteTrouble, before anything is
    done, where it belongs to another host.
    """
    found = Installation.objects.filter(pk=identifier(status)).select_related("host").first()
    if found is None or reach.host_id is None or reach.claimed:
        return None
    if found.host_id != reach.host_id:
        raise RemoteTrouble("enrolled_elsewhere", f"{settings.PUBLIC_URL}: {found.host.name}")
    return found


@transaction.atomic
def end_installation(installation: Installation, reach: Reach, rollout: Rollout) -> None:
    """Revoke its token, and give back the visits that were before it; else retire the host where that is asked for and
    nobody else reports of it."""
    revoke_installation(installation=installation, actor=rollout.created_by)
    agents = Installation.objects.filter(host=installation.host_id, revoked_at=None, kind=InstallationKind.AGENT)
    if agents.exists() or give_back_visits(installation, reach, rollout) or not rollout.retire:
        return
    scheduled = Reach.objects.filter(host=installation.host_id, scheduled=True)
    going = Host.objects.filter(pk=installation.host_id, retired_at=None).exclude(reaches__in=scheduled)
    if going.update(retired_at=timezone.now(), state=HostState.RETIRED):
        record_action(actor=rollout.created_by, action="host.retired", subject=installation.host.name)


def give_back_visits(installation: Installation, reach: Reach, rollout: Rollout) -> bool:
    """Read the host without an agent again where that was so until the agent came, and regularly where it was
    regularly; whether it was so."""
    visits = Installation.objects.filter(host=installation.host_id, kind=InstallationKind.REMOTE)
    if not visits.exists():
        return False
    source = Source(reach.method)
    take_source(host=installation.host_id, source=source, reach=reach.pk, actor=rollout.created_by)
    if RemoteRun.objects.filter(rollout=rollout, reach=reach, was_scheduled=True).exists():
        Reach.objects.filter(pk=reach.pk).update(scheduled=True, due_at=timezone.now())
    return True
