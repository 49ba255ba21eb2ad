from django.db import migrations

from doorward.kernel.db.paging import in_pages
from doorward.kernel.text import names


def find_by_more(apps, _editor):
    """Make the keys anew of whose name has several letters that can be written out: Öztürk is found by oezturk."""
    people = apps.get_model("accounts", "Administrator").objects
    # A million of them are not held at once.
    for one in in_pages(people.only("last_name", "first_name", "name_search")):
        key = names.search_key(one.last_name, one.first_name)
        if key != one.name_search:
            people.filter(id=one.id, name_search=one.name_search).update(name_search=key)


class Migration(migrations.Migration):
    only_adds = "a name is found by more spellings, and by all that found it before"

    dependencies = [("accounts", "0004_email_proved")]

    operations = [migrations.RunPython(find_by_more, migrations.RunPython.noop)]
