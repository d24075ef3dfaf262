"""What went wrong in a host's own agent, as its newest message says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from posture.facts.moments import parse_moment
from posture.facts.wire.snapshot import Trouble
from posture.fleet.models import Host
from posture.fleet.services.hello import TOLD_AT

EARLIEST, LATEST = timedelta(days=2), timedelta(hours=1)  # before and after the message: agents tell of one day


@dataclass(frozen=True, slots=True)
class AgentTrouble:
    """``kind``: of the protocol's closed list ``TroubleKind``."""

    kind: str
    at: datetime


def agent_troubles(*, host: Host) -> list[AgentTrouble]:
    """The troubles of the day before the host's newest report or hello, the newest first; costs no query.

    A moment that cannot be is the word of a machine that nobody need believe, and is left out.
    """
    said = host.measurements.get("Troubles", [])
    seen = parse_moment(host.measurements.get(TOLD_AT, "")) or host.last_seen_at
    found = [AgentTrouble(one.Kind, at) for one in msgspec.convert(said, list[Trouble]) if (at := parse_moment(one.At))]
    plausible = [one for one in found if seen is not None and seen - EARLIEST <= one.at <= seen + LATEST]
    return sorted(plausible, key=lambda one: one.at, reverse=True)
