"""Customers are found and sorted by two keys of their names."""

from typing import Any

from django.db import migrations, models

from doorward.core import names

AT_ONCE = 500


def fill(apps: Any, schema_editor: Any) -> None:
    customers = apps.get_model("customers", "Customer")._base_manager.using(schema_editor.connection.alias)
    batch = []
    for customer in customers.only("id", "name").iterator(AT_ONCE):
        for column, key in names.columns(customer.name).items():
            setattr(customer, column, key)
        batch.append(customer)
        if len(batch) == AT_ONCE:
            customers.bulk_update(batch, ["name_search", "name_sort"])
            batch = []
    customers.bulk_update(batch, ["name_search", "name_sort"])


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="name_search",
            field=models.CharField(default="", max_length=4500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="customer",
            name="name_sort",
            field=models.CharField(default="", max_length=300),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
