"""People are found and sorted by two keys of their names; the one column that was both goes."""

from typing import Any

from django.db import migrations, models

from doorward.core import names

AT_ONCE = 500


def fill(apps: Any, schema_editor: Any) -> None:
    people = apps.get_model("administrators", "Administrator")._base_manager.using(schema_editor.connection.alias)
    batch = []
    for person in people.only("id", "first_name", "last_name").iterator(AT_ONCE):
        for column, key in names.columns(person.last_name, person.first_name).items():
            setattr(person, column, key)
        batch.append(person)
        if len(batch) == AT_ONCE:
            people.bulk_update(batch, ["name_search", "name_sort"])
            batch = []
    people.bulk_update(batch, ["name_search", "name_sort"])


class Migration(migrations.Migration):
    dependencies = [
        ("administrators", "0007_mail_problem"),
    ]

    operations = [
        migrations.AddField(
            model_name="administrator",
            name="name_search",
            field=models.CharField(default="", max_length=4500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="administrator",
            name="name_sort",
            field=models.CharField(default="", max_length=300),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
