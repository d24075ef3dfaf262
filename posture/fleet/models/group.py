"""Groups (one tree; today its first level) and labels."""

from django.db import models


class Group(models.Model):
    """A host sits in exactly one group, which decides editions, parameters and access."""

    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    primary_edition = models.CharField(max_length=64, default="cis-docker-1.6.0")
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
