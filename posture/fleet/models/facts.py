"""What agents delivered."""

import uuid

from django.db import models


class FactsBody(models.Model):
    """Raw facts, compressed, one row per content."""

    digest = models.CharField(primary_key=True, max_length=71)
    body = models.BinaryField()  # gzip of the canonical JSON of facts
    size = models.PositiveIntegerField()  # expanded, bytes
    first_stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest


class Snapshot(models.Model):
    """One delivery of facts.

    ``effective_at`` orders: corrected for skew, monotone along the sequence, never in the future.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.ForeignKey("fleet.Host", on_delete=models.CASCADE, related_name="snapshots", db_index=False)
    installation = models.ForeignKey(
        "fleet.Installation", on_delete=models.CASCADE, related_name="snapshots", db_index=False
    )
    sequence = models.BigIntegerField()
    facts = models.ForeignKey(FactsBody, on_delete=models.PROTECT, related_name="snapshots")
    volatile = models.JSONField(default=dict)
    observed_at = models.DateTimeField()  # the agent's word
    effective_at = models.DateTimeField()
    received_at = models.DateTimeField()
    estimated = models.BooleanField(default=False)  # the agent's clock could not be believed

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["installation", "sequence"], name="snapshot_sequence_unique"),
            models.UniqueConstraint(fields=["host", "effective_at"], name="snapshot_moment_unique"),
        )

    def __str__(self) -> str:
        return str(self.id)


class PresenceSpan(models.Model):
    """A time over which one digest was confirmed without a silence of more than three intervals."""

    host = models.ForeignKey("fleet.Host", on_delete=models.CASCADE, related_name="presence", db_index=False)
    installation = models.ForeignKey("fleet.Installation", on_delete=models.CASCADE, related_name="presence")
    digest = models.CharField(max_length=71)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField()

    class Meta:
        # None on to_at: every check-in writes it, and in place without one.
        indexes = (models.Index(fields=["host", "from_at"], name="presence_host_from"),)

    def __str__(self) -> str:
        return f"{self.host_id} {self.from_at:%Y-%m-%d %H:%M} {self.to_at:%Y-%m-%d %H:%M}"
