"""Reports from wish to file: asked for by a person, made by a worker or on the command line."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from posture.evaluation import catalogue
from posture.fleet.models import Group, Host, Report, ReportState
from posture.fleet.services.audit import record_action
from posture.reports.binder import make_pdf
from posture.reports.gather import UnknownEdition, Wanted, gather_content
from posture.reports.printer import PressError
from posture.reports.version import product_version

GATHERED = 30  # percent of the work when the content is read from the ledger


@transaction.atomic
def request_report(
    *, subject: Host | Group, edition: str, as_of: datetime, language: str, actor: str, address: str | None = None
) -> Report:
    """A report to be made; the caller enqueues ``tasks.make_report`` after the commit. Raises UnknownEdition.

    A moment in the future is taken as now.
    """
    if edition not in catalogue.load().editions:
        raise UnknownEdition(f"There is no edition {edition}.")
    now = timezone.now()
    report = Report.objects.create(
        host=subject if isinstance(subject, Host) else None,
        group=subject if isinstance(subject, Group) else None,
        edition=edition,
        as_of=min(as_of, now),
        language="fr" if language.startswith("fr") else "en",
        created_at=now,
        created_by=actor[:150],
    )
    details = {"report": str(report.pk), "edition": edition, "as_of": report.as_of.isoformat()}
    record_action(actor=actor, action="report.created", subject=subject.name, details=details, address=address)
    return report


def produce_report(*, report: uuid.UUID) -> None:
    """Make the file of a report that was asked for. Making one that is done changes nothing.

    What goes wrong for a reason that can be told is written into the report; anything else is raised.
    """
    row = Report.objects.select_related("host__group", "group").filter(pk=report).first()
    if row is None or row.state in (ReportState.DONE, ReportState.FAILED):
        return
    note = progress_of(report)
    note(1, "start")
    try:
        content = gather_content(wanted_of(row), progress=lambda percent, step: note(percent * GATHERED // 100, step))
        body = make_pdf(
            content, progress=lambda percent, step: note(GATHERED + percent * (100 - GATHERED) // 100, step)
        )
    except (PressError, UnknownEdition) as error:
        fail_report(report=report, problem=str(error))
        return
    Report.objects.filter(pk=report).update(
        state=ReportState.DONE,
        progress=100,
        step="",
        problem="",
        body=body,
        size=len(body),
        digest=f"sha256:{hashlib.sha256(body).hexdigest()}",
        finished_at=timezone.now(),
    )


def fail_report(*, report: uuid.UUID, problem: str) -> None:
    """Note why a report could not be made."""
    unfinished = Report.objects.filter(pk=report).exclude(state=ReportState.DONE)
    unfinished.update(state=ReportState.FAILED, step="", problem=problem[:2000], finished_at=timezone.now())


def progress_of(report: uuid.UUID) -> Callable[[int, str], None]:
    """Writes how far a report is (percent) and the word of its step (``phrases``: step.…)."""

    def note(percent: int, step: str) -> None:
        Report.objects.filter(pk=report).update(state=ReportState.RUNNING, progress=min(percent, 99), step=step)

    return note


def wanted_of(row: Report) -> Wanted:
    subject = row.host or row.group
    if subject is None:
        raise ValueError("A report has a host or a group.")  # held by the database as well
    return Wanted(
        subject=subject,
        edition=row.edition,
        as_of=row.as_of,
        language=row.language,
        zone=timezone.get_default_timezone_name(),
        made_at=row.created_at,
        made_by=row.created_by,
        product_version=product_version(),
    )
