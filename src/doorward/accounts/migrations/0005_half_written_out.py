from django.db import migrations

from doorward.kernel.text import names


def find_by_more(apps, _editor):
    """Make the keys anew of whose name has several letters that can be written out: Öztürk is found by oezturk."""
    people = apps.get_model("accounts", "Administrator").objects
    rows = list(people.values_list("id", "last_name", "first_name", "name_search"))
    for id_, last, first, before in rows:
        key = names.search_key(last, first)
        if key != before:
            people.filter(id=id_, name_search=before).update(name_search=key)


class Migration(migrations.Migration):
    only_adds = "a name is found by more spellings, and by all that found it before"

    dependencies = [("accounts", "0004_email_proved")]

    operations = [migrations.RunPython(find_by_more, migrations.RunPython.noop)]
