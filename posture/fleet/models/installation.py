"""How agents come in."""

import uuid

from django.db import models


class EnrolmentKey(models.Model):
    """Lets installations in, a bounded number of times. Only its SHA-256 is kept."""

    name = models.CharField(max_length=80, blank=True, default="")
    prefix = models.CharField(max_length=12)  # shown to people, so that a key can be told from another
    digest = models.CharField(max_length=64, unique=True)
    group = models.ForeignKey("fleet.Group", on_delete=models.CASCADE, related_name="enrolment_keys")
    # The one host that an installation let in by this key continues; null: every installation is a new host.
    host = models.ForeignKey("fleet.Host", null=True, on_delete=models.CASCADE, related_name="reenrolment_keys")
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


class InstallationKind(models.TextChoices):
    """Who numbers the collections."""

    AGENT = "agent", "agent"
    REMOTE = "remote", "remote"  # this server, which reaches the host over SSH or TLS


class Installation(models.Model):
    """Our agent enrolled on a host. Its token is kept as a SHA-256 only (256 bits of randomness need no salt).

    Its key, which authenticates messages, has to be known to check them: it is kept encrypted (``services/sealing``).
    """

    kind = models.CharField(max_length=8, choices=InstallationKind.choices, default=InstallationKind.AGENT)

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
    key_sealed = models.BinaryField(default=b"")  # of messages; empty for remote ones
    credential_at = models.DateTimeField(null=True)  # since when token and key are in use
    rotation_asked_at = models.DateTimeField(null=True)  # by a person, or because they grew old
    # Given to the agent and not seen in use yet: the ones in use hold until then.
    next_token_digest = models.CharField(max_length=64, null=True, unique=True)
    next_key_sealed = models.BinaryField(default=b"")
    last_link = models.CharField(max_length=64, blank=True, default="")
    last_message = models.BigIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)  # messages that came twice or were overtaken
    repeated_at = models.DateTimeField(null=True)
    forged = models.PositiveIntegerField(default=0)  # messages with the token and without the right key
    forged_at = models.DateTimeField(null=True)
    clone_address = models.GenericIPAddressField(null=True)  # of the second machine with this identity
    clone_reason = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return str(self.id)


class SequenceGap(models.Model):
    """Numbers of an installation that never came (yet): lost, or still on their way."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="gaps")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    noticed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["installation", "first"], name="gap_first_unique"),)

    def __str__(self) -> str:
        return f"{self.installation_id} {self.first}-{self.last}"


class DroppedRange(models.Model):
    """Collections whose facts changed and were not kept: the agent's spool was full. Times are effective ones."""

    host = models.ForeignKey("fleet.Host", on_delete=models.CASCADE, related_name="dropped")
    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="dropped")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    digest = models.CharField(max_length=71)  # of the last
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["installation", "first"], name="dropped_first_unique"),)

    def __str__(self) -> str:
        return f"{self.installation_id} {self.first}-{self.last}"
