"""One regular way a host, what became of a wish for a scan, and no visit of our own taken for a clone."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def keep_one_way(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Of several regular ways to one host the oldest stays; what two visits at once were taken for is forgotten."""
    reach = apps.get_model("fleet", "Reach")
    seen = set()
    scheduled = reach.objects.filter(scheduled=True, host__isnull=False).order_by("created_at", "pk")
    for pk, host in scheduled.values_list("pk", "host"):
        if host in seen:
            reach.objects.filter(pk=pk).update(scheduled=False, due_at=None)
        seen.add(host)
    remote = apps.get_model("fleet", "Installation").objects.filter(kind="remote")
    remote.update(quarantined_at=None, clone_reason="", clone_address=None)


class Migration(migrations.Migration):

    dependencies = [
        ('fleet', '0010_rollout_before'),
    ]

    operations = [
        migrations.RunPython(keep_one_way, migrations.RunPython.noop),
        migrations.AddField(
            model_name='host',
            name='scan_problem',
            field=models.CharField(blank=True, default='', max_length=48),
        ),
        migrations.AddConstraint(
            model_name='reach',
            constraint=models.UniqueConstraint(
                condition=models.Q(('scheduled', True)), fields=('host',), name='reach_scheduled_once'
            ),
        ),
    ]
