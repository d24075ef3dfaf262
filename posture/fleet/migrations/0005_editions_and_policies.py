import django.db.models.deletion
from django.db import migrations, models

# Rulesets that were kept before: their own mapping of controls to checks, in rows.
FILL = """
INSERT INTO fleet_rulesetcontrol (ruleset_id, edition, number, check_key)
SELECT r.id, e.key, c.key, c.value
FROM fleet_ruleset r
CROSS JOIN LATERAL jsonb_each(coalesce(r.body->'editions', '{}')) e
CROSS JOIN LATERAL jsonb_each_text(e.value) c
"""


class Migration(migrations.Migration):
    dependencies = [("fleet", "0004_hostname")]

    operations = [
        migrations.AddField(
            model_name="group",
            name="editions",
            field=models.JSONField(blank=True, default=None, null=True),
        ),
        # Of new groups: those that are there keep theirs.
        migrations.AlterField(
            model_name="group",
            name="primary_edition",
            field=models.CharField(default="posture", max_length=64),
        ),
        migrations.CreateModel(
            name="PolicySetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("policy", models.CharField(max_length=80)),
                ("choice", models.CharField(max_length=80)),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="policies",
                        to="fleet.group",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("group", "policy"), name="policy_unique", nulls_distinct=False)
                ],
            },
        ),
        migrations.CreateModel(
            name="RulesetControl",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.CharField(max_length=64)),
                ("number", models.CharField(max_length=80)),
                ("check_key", models.CharField(max_length=120)),
                (
                    "ruleset",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="controls",
                        to="fleet.ruleset",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["edition", "ruleset", "check_key"], name="ruleset_control_by_check"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("ruleset", "edition", "number"), name="ruleset_control_unique")
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
