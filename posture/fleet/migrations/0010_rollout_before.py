from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def take_as_brought(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Installations of before are taken back as until now: those that changed a host, or may have."""
    runs = apps.get_model("fleet", "RemoteRun").objects.filter(kind="install", state__in=("done", "failed"))
    runs.exclude(step__in=("", "connect", "look")).exclude(problem="enrolled_elsewhere").update(brought=True)


class Migration(migrations.Migration):
    dependencies = (("fleet", "0009_rollouts"),)

    operations = (
        migrations.AddField("remoterun", "brought", models.BooleanField(default=False)),
        migrations.AddField("remoterun", "was_scheduled", models.BooleanField(default=False)),
        migrations.RunPython(take_as_brought, migrations.RunPython.noop),
    )
