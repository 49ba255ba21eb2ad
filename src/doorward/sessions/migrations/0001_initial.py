import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('token_hash', models.BinaryField(max_length=32, unique=True)),
                ('security_version', models.PositiveIntegerField()),
                ('brand_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('signed_in_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('password_at', models.DateTimeField(null=True)),
                ('passkey_at', models.DateTimeField(null=True)),
                ('factor_at', models.DateTimeField(null=True)),
                ('factor_id', models.UUIDField(null=True)),
                ('factor_kind', models.CharField(default='', max_length=10)),
                ('recovery_at', models.DateTimeField(null=True)),
                ('mailbox_at', models.DateTimeField(null=True)),
                ('pass_at', models.DateTimeField(null=True)),
                ('from_link', models.BooleanField(default=False)),
                ('put_off', models.BooleanField(default=False)),
                ('address', models.CharField(default='', max_length=64)),
                ('browser', models.CharField(default='', max_length=300)),
                ('browser_hash', models.BinaryField(max_length=32, null=True)),
                ('known_browser', models.BooleanField(default=False)),
                ('next_path', models.CharField(default='', max_length=2000)),
                ('saved_request', models.BinaryField(null=True)),
                ('previous_at', models.DateTimeField(null=True)),
                ('previous_browser', models.CharField(default='', max_length=300)),
                ('administrator', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='accounts.administrator')),
            ],
            options={
                'indexes': [models.Index(fields=['administrator', '-signed_in_at'], name='session_signed_in'), models.Index(fields=['administrator', 'browser_hash'], name='session_browser'), models.Index(condition=models.Q(('ended_at__isnull', True), ('signed_in_at__isnull', True)), fields=['created_at'], name='session_pending')],
            },
        ),
    ]
