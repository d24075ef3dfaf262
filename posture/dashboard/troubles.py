"""The troubles of a host's own agent in words: what happened, when, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from posture.fleet.models import Host
from posture.fleet.queries.troubles import agent_troubles

WORN = _("A worn card or disk does this: check it, and replace it in time.")
# What happened, and what to do, by the protocol's closed list of kinds.
WORDS: Mapping[str, tuple[Promise, Promise]] = {
    "budget_spent": (
        _("The day’s bytes were spent, and facts had to wait."),
        _("Give the group more bytes a day if this happens often."),
    ),
    "clock_wrong": (
        _("The machine’s clock was wrong."),
        _("Times are corrected here, not in the machine’s own logs. See that its clock is set over the network."),
    ),
    "collection_failed": (
        _("A collection came to nothing."),
        _("Run “sudo posture-agent doctor” on the machine: it says what is wrong."),
    ),
    "disk_failed": (
        _("The agent could not read or write its files."),
        _("Look at the disk, and at who owns the agent’s state directory."),
    ),
    "disk_full": (
        _("The machine’s disk was full."),
        _("What waited there may have given way. Make room on it."),
    ),
    "misdirected": (
        _("Something on the way answered in this server’s place and kept a message back."),
        _("It waits on the machine. Let proxies and gateways on the way pass on /api/v1/agent/ as it is."),
    ),
    "set_aside": (
        _("A message was set aside, because this server did not take it."),
        _("It is kept on the machine, and the agent’s log says why. Bring server and agent to the same version."),
    ),
    "spool_damaged": (_("A file that waited on the machine’s disk was damaged; what it held is lost."), WORN),
    "spool_full": (
        _("There was no room left to keep what could not be sent."),
        _("Give the agent a larger spool if this happens again."),
    ),
    "state_damaged": (_("One of two copies of the agent’s state was damaged; the other one holds."), WORN),
}


@dataclass(frozen=True, slots=True)
class ToldTrouble:
    """One trouble as the page says it."""

    at: datetime
    words: Promise
    advice: Promise


def told_troubles(host: Host) -> list[ToldTrouble]:
    """What the host's agent said of itself, the newest first."""
    return [ToldTrouble(one.at, *WORDS[one.kind]) for one in agent_troubles(host=host)]
