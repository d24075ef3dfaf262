"""The cursor of a host's fold, and the resources it has known."""

from django.db import models


class Cursor(models.Model):
    """How far a host's ledger has been folded. ``rewind_to`` asks to fold again from there."""

    host = models.OneToOneField("fleet.Host", primary_key=True, on_delete=models.CASCADE, related_name="cursor")
    at = models.DateTimeField(null=True)  # the moment of the last event folded
    snapshot = models.ForeignKey("fleet.Snapshot", null=True, on_delete=models.SET_NULL)
    ruleset = models.ForeignKey("fleet.Ruleset", null=True, on_delete=models.SET_NULL)
    valid_until = models.DateTimeField(null=True, db_index=True)
    rewind_to = models.DateTimeField(null=True, db_index=True)
    pending = models.BooleanField(default=False, db_index=True)  # something arrived that was not folded yet
    revision = models.BigIntegerField(default=0)  # counts folds that wrote; pages poll it

    def __str__(self) -> str:
        return f"{self.host_id} {self.at}"


class Resource(models.Model):
    """A thing on a host that was judged. Its row stays when it goes, for history."""

    host = models.ForeignKey("fleet.Host", on_delete=models.CASCADE, related_name="resources", db_index=False)
    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=512)
    name = models.CharField(max_length=256)
    engine = models.CharField(max_length=64, blank=True, default="")
    incarnation = models.CharField(max_length=80, blank=True, default="")
    first_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["host", "key"], name="resource_key_unique"),)

    def __str__(self) -> str:
        return self.key
