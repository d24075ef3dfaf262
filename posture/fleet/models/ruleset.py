"""What judged."""

from django.db import models


class Ruleset(models.Model):
    """Content-addressed: rules, parameters, weights, evaluator version."""

    digest = models.CharField(max_length=71, unique=True)
    body = models.JSONField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest


class RulesetAssignment(models.Model):
    """From when on a host is judged by a ruleset."""

    host = models.ForeignKey("fleet.Host", on_delete=models.CASCADE, related_name="assignments")
    ruleset = models.ForeignKey(Ruleset, on_delete=models.PROTECT)
    from_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["host", "from_at"], name="assignment_moment_unique"),)

    def __str__(self) -> str:
        return f"{self.host_id} {self.from_at:%Y-%m-%d %H:%M}"


class ParameterSetting(models.Model):
    """A value the operator gave to a rule's parameter, for one group or (group null) the whole fleet."""

    group = models.ForeignKey("fleet.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="parameters")
    rule = models.CharField(max_length=80)
    name = models.CharField(max_length=40)
    value = models.JSONField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["group", "rule", "name"], name="parameter_unique", nulls_distinct=False),
        )

    def __str__(self) -> str:
        return f"{self.rule}.{self.name}"
