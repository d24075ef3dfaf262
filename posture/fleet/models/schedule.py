"""When hosts are expected to report, and since when."""

from django.db import models


class Schedule(models.Model):
    """Content-addressed: seconds between two check-ins, and the hours in which none are expected (as ``Group``'s)."""

    digest = models.CharField(max_length=64, unique=True)
    interval = models.PositiveIntegerField()
    offline_hours = models.JSONField(default=list)
    timezone = models.CharField(max_length=64, default="UTC")

    def __str__(self) -> str:
        return self.digest


class ScheduleAssignment(models.Model):
    """From when on a host keeps to a schedule: what is planned today says nothing about yesterday."""

    host = models.ForeignKey("fleet.Host", on_delete=models.CASCADE, related_name="schedules", db_index=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT)
    from_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["host", "from_at"], name="schedule_moment_unique"),)

    def __str__(self) -> str:
        return f"{self.host_id} {self.from_at:%Y-%m-%d %H:%M}"
