"""What people did."""

from django.db import models


class AuditEntry(models.Model):
    """One action of a person or of the command line. Append-only: a trigger refuses UPDATE and DELETE."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150)  # user name at that time, or "command line"
    action = models.CharField(max_length=64)  # "enrolment_key.created", "account.role_changed", "report.downloaded", …
    subject = models.CharField(max_length=200, blank=True, default="")
    details = models.JSONField(default=dict)  # never secrets
    address = models.GenericIPAddressField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.subject}"
