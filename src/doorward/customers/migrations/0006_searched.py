"""Customers of one status are found in their order, and SQLite searches names in an index that has no more."""

from typing import Any

from django.db import migrations, models

# As for people (administrators, 0013).
SEARCHED = "CREATE INDEX customer_searched ON customers_customer (name_search, status, id)"


def index_searched(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SEARCHED)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_confirmed_hosts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["status", "name_sort", "id"], name="customer_of_status"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["kind"], name="customer_of_kind"),
        ),
        migrations.RunPython(index_searched, migrations.RunPython.noop),
    ]
