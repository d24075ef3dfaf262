"""How agents come in."""

import uuid

from django.db import models


class EnrolmentKey(models.Model):
    """Lets installations in, a bounded number of times. Only its SHA-256 is kept."""

    name = models.CharField(max_length=80, blank=True, default="")
    prefix = models.CharField(max_length=12)  # shown to people, so that a key can be told from another
    digest = models.CharField(max_length=64, unique=True)
    group = models.ForeignKey("fleet.Group", on_delete=models.CASCADE, related_name="enrolment_keys")
    use_limit = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(used__lte=models.F("use_limit")), name="key_used_within_limit"),
        )

    def __str__(self) -> str:
        return f"{self.prefix}…"


class Installation(models.Model):
    """Our agent enrolled on a host. Its token is kept as a SHA-256 only (256 bits of randomness need no salt)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.ForeignKey("fleet.Host", on_delete=models.CASCADE, related_name="installations")
    token_digest = models.CharField(max_length=64, unique=True)
    enrolment_key = models.ForeignKey(EnrolmentKey, null=True, on_delete=models.SET_NULL)
    enrolled_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    quarantined_at = models.DateTimeField(null=True)  # two machines used this identity
    last_sequence = models.BigIntegerField(default=0)
    last_digest = models.CharField(max_length=71, blank=True, default="")
    last_effective_at = models.DateTimeField(null=True)
    last_received_at = models.DateTimeField(null=True)
    boot_id = models.CharField(max_length=36, blank=True, default="")
    previous_boot_id = models.CharField(max_length=36, blank=True, default="")  # one that comes back is a clone's
    # The span that the next unchanged check-in extends.
    span = models.ForeignKey("fleet.PresenceSpan", null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return str(self.id)
