"""A row by which the background worker says that it runs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("safe", "0002_tries_in_flight"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("due_by", models.DateTimeField()),
            ],
        ),
    ]
