"""A way that leads to a machine which another source reports already: one machine must not become two hosts."""

import msgspec
from django.db import transaction
from django.db.models import Q

from posture.fleet.models import Host, HostState, Installation, Reach, Source
from posture.fleet.services.hostile_text import fit
from posture.remote.delivering import Answer
from posture.remote.problems import RemoteTrouble

NO_BOOT = "00000000-0000-0000-0000-000000000000"


class Named(msgspec.Struct):
    """What tells one machine from another."""

    Hostname: str
    MachineId: str = ""


class Identified(msgspec.Struct):
    """The part of facts that holds it."""

    Host: Named


IDENTIFIED = msgspec.json.Decoder(Identified)


def demand_own_machine(reach: Reach, own: Host | None, answer: Answer) -> None:
    """See that nobody else reports the machine that answered; RemoteTrouble names the host as which it is reported.

    A way that brought nothing yet is made one to that host, unscheduled, so that a person may choose it as the source.
    Until then it is a claim, from which nothing follows: whoever knows its machine id and boot can say the same.
    ``own``: the host of the way; None before its first facts.
    """
    other = reported_as(own, answer)
    if other is None:
        return
    if own is None or own.first_seen_at is None:
        attach(reach, own, other)
    raise RemoteTrouble("known_machine", f"{other.name} ({other.get_source_display()})")


def reported_as(own: Host | None, answer: Answer) -> Host | None:
    """The host that reports this machine by other means now: its agent, or visits to an older host.

    Boards flashed from one image share their machine id; the boot is of this one machine, since it was started. Of two
    hosts that are visited the older one goes on.
    """
    try:
        named = IDENTIFIED.decode(bytes(answer.facts)).Host
    except msgspec.MsgspecError:
        return None  # facts of no known shape are refused where they are stored
    if not named.MachineId or answer.boot_id in ("", NO_BOOT):
        return None
    same = Installation.objects.filter(
        boot_id=answer.boot_id,
        revoked_at=None,
        host__machine_id=fit(named.MachineId, 64),
        host__hostname=fit(named.Hostname, 253),
        host__state=HostState.REPORTING,
        host__retired_at=None,
        host__is_demo=False,
    )
    if own is not None:
        same = same.exclude(host=own)
    if own is not None and own.first_seen_at is not None:
        same = same.filter(Q(host__source=Source.AGENT) | Q(host__created_at__lt=own.created_at))
    found = same.select_related("host").order_by("host__created_at").first()
    return None if found is None else found.host


@transaction.atomic
def attach(reach: Reach, empty: Host | None, known: Host) -> None:
    """The way leads to the known host; one that was made for it, and never saw anything, goes."""
    Reach.objects.filter(pk=reach.pk).update(host=known, claimed=True, scheduled=False, due_at=None)
    if empty is not None:
        Reach.objects.filter(host=empty).update(host=known, claimed=True, scheduled=False, due_at=None)
        Host.objects.filter(pk=empty.pk, first_seen_at=None).delete()
