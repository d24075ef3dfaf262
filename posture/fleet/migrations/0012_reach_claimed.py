from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("fleet", "0011_one_way_a_host"),)

    operations = (migrations.AddField("reach", "claimed", models.BooleanField(default=False)),)
