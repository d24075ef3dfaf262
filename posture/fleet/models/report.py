"""Documents that people asked for."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Being made")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Failed")


class Report(models.Model):
    """A compliance document of one host or one group, for an edition and a moment. The file is kept in the database:
    web and worker need no shared disk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.ForeignKey("fleet.Host", null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    group = models.ForeignKey("fleet.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    edition = models.CharField(max_length=64)
    as_of = models.DateTimeField()
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=16, choices=ReportState.choices, default=ReportState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)  # percent
    step = models.CharField(max_length=80, blank=True, default="")
    problem = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    finished_at = models.DateTimeField(null=True)
    body = models.BinaryField(null=True)
    size = models.PositiveIntegerField(default=0)  # bytes
    digest = models.CharField(max_length=71, blank=True, default="")  # of body

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(host__isnull=False) ^ models.Q(group__isnull=False), name="report_has_one_subject"
            ),
        )
        indexes = (models.Index(fields=["-created_at"], name="report_newest_first"),)

    def __str__(self) -> str:
        return str(self.id)
