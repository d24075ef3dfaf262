"""Takes the agent off one host again. Its history stays; what was never there is nothing to do."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from posture.fleet.models import Host, HostState, Installation, InstallationKind, Reach, Rollout
from posture.fleet.services.audit import record_action
from posture.fleet.services.tokens import revoke_installation
from posture.remote.connection import Connection
from posture.remote.rollout.installing import identifier
from posture.remote.rollout.program import Program, copy_program, look_at
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
    copy_program(connection, seen)  # this server's own file knows how to take away what older ones made
    program = Program(connection, seen)
    status = program.status()
    step("uninstall")
    program.demand("uninstall")
    step("revoke")
    if status.get("server") == settings.PUBLIC_URL.rstrip("/"):
        # The machine says who it is, and could say that it is another one: only the host we know it as ends here.
        own = Installation.objects.filter(host=reach.host_id) if reach.host_id else Installation.objects.none()
        found = own.filter(pk=identifier(status)).select_related("host").first()
        if found is not None:
            end_installation(found, rollout)
    return True


@transaction.atomic
def end_installation(installation: Installation, rollout: Rollout) -> None:
    """Revoke its token, and retire the host where that is asked for and nobody else reports of it."""
    revoke_installation(installation=installation, actor=rollout.created_by)
    agents = Installation.objects.filter(host=installation.host_id, revoked_at=None, kind=InstallationKind.AGENT)
    if not rollout.retire or agents.exists():
        return
    scheduled = Reach.objects.filter(host=installation.host_id, scheduled=True)
    going = Host.objects.filter(pk=installation.host_id, retired_at=None).exclude(reaches__in=scheduled)
    if going.update(retired_at=timezone.now(), state=HostState.RETIRED):
        record_action(actor=rollout.created_by, action="host.retired", subject=installation.host.name)
