"""Intervals, not runs: open rows in one table, closed rows in another, partitioned by the month of their end.

The fold alone writes here, under a lock of the host and from rows it has read in the same transaction, so the database
does not check the foreign keys again row by row. Indexes are few for the same reason: each costs on every row.
"""

from django.db import models


class CheckStateInterval(models.Model):
    """Status and counts of one check on one host over an interval."""

    host = models.ForeignKey(
        "fleet.Host", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    ruleset = models.ForeignKey(
        "fleet.Ruleset", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    check_key = models.CharField(max_length=120)
    status = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True, default="")
    passed = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    not_applicable = models.PositiveIntegerField()
    from_at = models.DateTimeField()

    class Meta:
        abstract = True


class FindingInterval(models.Model):
    """One check on one resource that does not pass (fail or unknown), with its evidence, over an interval.

    ``since_at`` is when it last began not to pass: an interval whose evidence changed keeps it.
    ``evidence`` is ``[[fact, seen, wanted], …]``.
    """

    host = models.ForeignKey(
        "fleet.Host", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    ruleset = models.ForeignKey(
        "fleet.Ruleset", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    resource = models.ForeignKey(
        "fleet.Resource", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    check_key = models.CharField(max_length=120)
    status = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True, default="")
    evidence = models.JSONField()
    from_at = models.DateTimeField()
    since_at = models.DateTimeField()

    class Meta:
        abstract = True


class ScoreInterval(models.Model):
    """An edition's score on one host over an interval.

    Exact numbers: ``score = 100 × numerator / (denominator × weight)``.
    """

    host = models.ForeignKey(
        "fleet.Host", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    ruleset = models.ForeignKey(
        "fleet.Ruleset", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    edition = models.CharField(max_length=64)
    numerator = models.DecimalField(max_digits=60, decimal_places=0)
    denominator = models.DecimalField(max_digits=60, decimal_places=0)
    weight = models.PositiveIntegerField()
    score = models.FloatField(null=True)  # 0-100; null when nothing is applicable
    coverage = models.FloatField()  # 0-1
    open_criticals = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()  # controls by status
    unknown = models.PositiveIntegerField()
    manual = models.PositiveIntegerField()
    passed = models.PositiveIntegerField()
    not_applicable = models.PositiveIntegerField()
    from_at = models.DateTimeField()

    class Meta:
        abstract = True


class OpenCheckState(CheckStateInterval):
    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["host", "ruleset", "check_key"], name="open_check_state_unique"),
        )
        indexes = (models.Index(fields=["check_key", "status"], name="open_check_by_key"),)


class OpenFinding(FindingInterval):
    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["host", "ruleset", "resource", "check_key"], name="open_finding_unique"),
        )
        indexes = (models.Index(fields=["check_key", "status"], name="open_finding_by_key"),)


class OpenScore(ScoreInterval):
    class Meta:
        constraints = (models.UniqueConstraint(fields=["host", "ruleset", "edition"], name="open_score_unique"),)


class ClosedCheckState(CheckStateInterval):
    """Partitioned by month of ``to_at``; made by a migration in SQL."""

    pk = models.CompositePrimaryKey("id", "to_at")
    id = models.BigIntegerField()
    to_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "fleet_closedcheckstate"


class ClosedFinding(FindingInterval):
    """Partitioned by month of ``to_at``; made by a migration in SQL.

    ``ended`` says how: "passed", "gone" (the resource went), "changed" (status or evidence), "ruleset".
    """

    pk = models.CompositePrimaryKey("id", "to_at")
    id = models.BigIntegerField()
    to_at = models.DateTimeField()
    ended = models.CharField(max_length=16)

    class Meta:
        managed = False
        db_table = "fleet_closedfinding"


class ClosedScore(ScoreInterval):
    """Partitioned by month of ``to_at``; made by a migration in SQL."""

    pk = models.CompositePrimaryKey("id", "to_at")
    id = models.BigIntegerField()
    to_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "fleet_closedscore"
