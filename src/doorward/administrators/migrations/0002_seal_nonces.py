"""What mailed links and codes are made from is sealed from now on; those on their way go on working."""

from django.db import migrations

from doorward.administrators import places
from doorward.safe import vault

PLAIN_BYTES = 16
PLACES = {"MailedLink": places.of_link, "MailboxProof": places.of_mailbox_proof}


def seal_nonces(apps, schema_editor):
    for name, place in PLACES.items():
        rows = apps.get_model("administrators", name).objects
        for row, nonce in rows.values_list("pk", "nonce"):
            if len(nonce) == PLAIN_BYTES:
                rows.filter(pk=row).update(nonce=vault.seal(bytes(nonce), **place(row)))


class Migration(migrations.Migration):

    dependencies = [
        ('administrators', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(seal_nonces, migrations.RunPython.noop),
    ]
