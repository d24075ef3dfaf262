from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fleet", "0003_closed_intervals")]

    operations = [
        migrations.AddField(
            model_name="host",
            name="hostname",
            field=models.CharField(blank=True, default="", max_length=253),
        ),
    ]
