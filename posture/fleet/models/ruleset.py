"""What judged."""

from django.db import models


class Ruleset(models.Model):
    """Content-addressed: rules, parameters, weights, evaluator version."""

    digest = models.CharField(max_length=71, unique=True)
    body = models.JSONField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest


class RulesetControl(models.Model):
    """Which check judges a control of an edition under a ruleset: the ruleset's own mapping, in rows to join with."""

    ruleset = models.ForeignKey(Ruleset, on_delete=models.CASCADE, related_name="controls", db_index=False)
    edition = models.CharField(max_length=64)
    number = models.CharField(max_length=80)
    check_key = models.CharField(max_length=120)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ruleset", "edition", "number"], name="ruleset_control_unique"),)
        indexes = (models.Index(fields=["edition", "ruleset", "check_key"], name="ruleset_control_by_check"),)

    def __str__(self) -> str:
        return f"{self.edition} {self.number}"


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


class PolicySetting(models.Model):
    """The operator's choice of a policy, for one group or (group null) the whole fleet."""

    group = models.ForeignKey("fleet.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="policies")
    policy = models.CharField(max_length=80)
    choice = models.CharField(max_length=80)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["group", "policy"], name="policy_unique", nulls_distinct=False),)

    def __str__(self) -> str:
        return f"{self.policy}: {self.choice}"
