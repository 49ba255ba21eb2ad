"""The key of order goes by its code points on PostgreSQL too, whatever language the database was made for."""

from typing import Any

from django.db import migrations, models


def collate(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'ALTER TABLE customers_customer ALTER COLUMN name_sort TYPE varchar(300) COLLATE "C"'
        )


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_name_keys"),
    ]

    operations = [
        migrations.RunPython(collate, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["name_sort", "id"], name="customer_name"),
        ),
    ]
