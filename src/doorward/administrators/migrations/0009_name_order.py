"""The key of order goes by its code points on PostgreSQL too, whatever language the database was made for."""

from typing import Any

from django.db import migrations, models


def collate(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'ALTER TABLE administrators_administrator ALTER COLUMN name_sort TYPE varchar(300) COLLATE "C"'
        )


class Migration(migrations.Migration):
    dependencies = [
        ("administrators", "0008_name_keys"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="administrator", name="administrator_name"),
        migrations.RemoveField(model_name="administrator", name="name_folded"),
        migrations.RunPython(collate, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="administrator",
            index=models.Index(fields=["customer", "name_sort", "id"], name="administrator_name"),
        ),
    ]
