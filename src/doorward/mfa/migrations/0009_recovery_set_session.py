from datetime import UTC, datetime

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mfa', '0008_discoverable_passkeys'),
    ]

    operations = [
        migrations.AddField(
            model_name='recoveryset',
            name='session_id',
            field=models.UUIDField(null=True),
        ),
        # Sets of before belong to no session and are shown to nobody without a factor.
        migrations.AddField(
            model_name='recoveryset',
            name='shown_at',
            field=models.DateTimeField(default=datetime(1970, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
    ]
