"""The worker's door to reports."""

import uuid
from typing import Any

from celery import shared_task
from celery.contrib.django.task import DjangoTask

from posture.reports.making import fail_report, produce_report

INTERNAL = "The report could not be made because of an error in Posture itself; the worker's log has the details."


class ReportTask(DjangoTask):  # type: ignore[misc]  # Celery ships no types
    """Writes into the report that it failed, whatever went wrong: nobody should wait for it for ever."""

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        fail_report(report=uuid.UUID(args[0] if args else kwargs["report_id"]), problem=INTERNAL)


# The soft limit ends a report that takes too long while there is still time to write that down.
@shared_task(base=ReportTask, name="reports.make_report", soft_time_limit=540)  # type: ignore[untyped-decorator]  # no types
def make_report(report_id: str) -> None:
    """Make the file of a report. At least once, idempotent."""
    produce_report(report=uuid.UUID(report_id))
