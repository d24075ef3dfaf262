"""Where a scan that a person asked for stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from posture.fleet.models import Host, HostState, Source
from posture.fleet.services.scan_requests import is_pending
from posture.remote.problems import PROBLEMS, Problem

TOLD = timedelta(hours=24)  # how long the page tells of a scan that was done
JITTER = 1.1  # collections come up to a tenth late
ROUND = timedelta(minutes=1)  # the agent's timer looks once a minute


@dataclass(frozen=True, slots=True)
class ScanStanding:
    """``expected_at`` is None where nobody knows when the host answers; ``done_at`` while it did not; ``problem`` where
    the visit failed, then ``done_at`` is when it did."""

    asked_at: datetime
    asked_by: str
    expected_at: datetime | None
    done_at: datetime | None
    visited: bool  # this server goes there by itself
    problem: Problem | None

    @property
    def pending(self) -> bool:
        return self.done_at is None


def scan_standing(*, host: Host, now: datetime) -> ScanStanding | None:
    """The scan of a host that is waited for, or was done lately."""
    if host.scan_asked_at is None or (host.scan_done_at is not None and now - host.scan_done_at > TOLD):
        return None
    return ScanStanding(
        asked_at=host.scan_asked_at,
        asked_by=host.scan_asked_by,
        expected_at=expected_at(host, now) if is_pending(host=host) else None,
        done_at=host.scan_done_at,
        visited=host.source != Source.AGENT,
        problem=PROBLEMS.get(host.scan_problem),
    )


def expected_at(host: Host, now: datetime) -> datetime | None:
    """When the next check-in is due; it is told in the answer and done a moment later."""
    if host.last_seen_at is None or host.state != HostState.REPORTING:
        return None
    interval = timedelta(seconds=max(host.interval, host.agent_interval))
    due = host.last_seen_at + JITTER * interval + ROUND
    return due if due > now else None
