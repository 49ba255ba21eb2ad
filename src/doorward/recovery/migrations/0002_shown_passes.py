from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recovery", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="setuppass",
            name="shown_in",
            field=models.UUIDField(null=True),
        ),
    ]
