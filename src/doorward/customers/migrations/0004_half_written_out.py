from django.db import migrations

from doorward.kernel.db.paging import in_pages
from doorward.kernel.text import names


def find_by_more(apps, _editor):
    """Make the keys anew of what has several letters in its name that can be written out."""
    customers = apps.get_model("customers", "Customer").objects
    # Many of them are not held at once.
    for one in in_pages(customers.only("name", "name_search")):
        key = names.search_key(one.name)
        if key != one.name_search:
            customers.filter(id=one.id, name_search=one.name_search).update(name_search=key)


class Migration(migrations.Migration):
    only_adds = "a name is found by more spellings, and by all that found it before"

    dependencies = [("customers", "0003_brand_check")]

    operations = [migrations.RunPython(find_by_more, migrations.RunPython.noop)]
