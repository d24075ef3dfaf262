""" "Scan now": a person's wish for a host, which its agent hears in the answer to its next check-in."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from posture.fleet.models import Host
from posture.fleet.services.audit import record_action


@transaction.atomic
def ask_scan(*, host: uuid.UUID, now: datetime, actor: str, address: str | None) -> bool:
    """Wish for a scan of a host. False where one is wished for already, or the host is retired: nothing changes."""
    found = Host.objects.select_for_update().get(pk=host)
    if found.retired_at is not None or is_pending(host=found):
        return False
    found.scan_asked_at, found.scan_asked_by = now, actor
    found.scan_told_sequence = found.scan_done_at = None
    found.scan_problem = ""
    found.save(update_fields=["scan_asked_at", "scan_asked_by", "scan_told_sequence", "scan_done_at", "scan_problem"])
    record_action(actor=actor, action="host.scan_asked", subject=found.name, address=address)
    return True


def is_pending(*, host: Host) -> bool:
    """Whether a scan is wished for and not done."""
    return host.scan_asked_at is not None and host.scan_done_at is None


def answer_wishes(*, host: uuid.UUID, sequence: int, now: datetime) -> bool:
    """A check-in with this number came: whether to tell the agent to collect at once.

    The wish is told in the answer to one number (again where that check-in comes again: the answer may have been lost)
    and done with the first later one, whose collection began after the wish. At most two statements.
    """
    pending = Host.objects.filter(pk=host, scan_asked_at__isnull=False, scan_done_at=None)
    if pending.filter(scan_told_sequence__lt=sequence).update(scan_done_at=now):
        return False
    untold = pending.filter(Q(scan_told_sequence=None) | Q(scan_told_sequence=sequence))
    return bool(untold.update(scan_told_sequence=sequence))


def finish_scan(*, host: uuid.UUID, now: datetime) -> None:
    """A host that this server visits by itself was read: a wish from before the visit is done."""
    open_or_failed = Host.objects.filter(Q(scan_done_at=None) | ~Q(scan_problem=""), pk=host, scan_asked_at__lte=now)
    open_or_failed.update(scan_done_at=now, scan_problem="")


def fail_scan(*, reach: uuid.UUID, began: datetime, now: datetime, problem: str) -> None:
    """The visit over a way failed: a wish from before it has come to nothing, and a person may wish again.

    Only of a host that is read by such visits: its agent's wishes wait for the agent. ``problem``: of remote/problems.
    """
    visited = Host.objects.filter(reaches=reach, source=F("reaches__method"))
    visited.filter(scan_asked_at__lte=began, scan_done_at=None).update(scan_done_at=now, scan_problem=problem)
