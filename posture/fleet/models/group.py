"""Groups (one tree; today its first level) and labels."""

from django.db import models

from posture.evaluation.catalogue import OWN_EDITION


class Group(models.Model):
    """A host sits in exactly one group, which decides editions, policies, parameters and access.

    ``editions``: ids of the editions that judge its hosts besides the primary one; None: as in the group above, and on
    the first level the product's own list.
    """

    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    primary_edition = models.CharField(max_length=64, default=OWN_EDITION)
    editions = models.JSONField(null=True, blank=True, default=None)
    # How its hosts report; null: as in the group above, and on the first level the product's own.
    interval = models.PositiveIntegerField(null=True, blank=True)  # seconds
    daily_bytes = models.PositiveBigIntegerField(null=True, blank=True)  # an agent's a day (UTC); 0: no limit
    # [{"days": [0 … 6, Monday first], "from": "HH:MM", "to": "HH:MM"}] in ``timezone``; "to" at or before "from" is the
    # next day's.
    offline_hours = models.JSONField(null=True, blank=True, default=None)
    timezone = models.CharField(max_length=64, default="UTC")  # of the group's own hours
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["parent", "name"], name="group_name_unique", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return self.name


class Label(models.Model):
    """Labels make views and filters, never rights or policy."""

    name = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return self.name
