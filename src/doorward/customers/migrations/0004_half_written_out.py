from django.db import migrations

from doorward.kernel.text import names


def find_by_more(apps, _editor):
    """Make the keys anew of what has several letters in its name that can be written out."""
    customers = apps.get_model("customers", "Customer").objects
    for id_, name, before in list(customers.values_list("id", "name", "name_search")):
        key = names.search_key(name)
        if key != before:
            customers.filter(id=id_, name_search=before).update(name_search=key)


class Migration(migrations.Migration):
    only_adds = "a name is found by more spellings, and by all that found it before"

    dependencies = [("customers", "0003_brand_check")]

    operations = [migrations.RunPython(find_by_more, migrations.RunPython.noop)]
