import django.db.models.deletion
import doorward.policy.rules
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AnsweredChallenge',
            fields=[
                ('keyed_hash', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('period', models.PositiveBigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='ChallengePeriod',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('number', models.PositiveBigIntegerField()),
                ('begun_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Factor',
            fields=[
                ('known_failures', models.PositiveIntegerField(default=0)),
                ('known_wait_until', models.BigIntegerField(default=0)),
                ('unknown_failures', models.PositiveIntegerField(default=0)),
                ('unknown_wait_until', models.BigIntegerField(default=0)),
                ('failures_in_a_row', models.PositiveIntegerField(default=0)),
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[(doorward.policy.rules.FactorKind['APP'], doorward.policy.rules.FactorKind['APP']), (doorward.policy.rules.FactorKind['PASSKEY'], doorward.policy.rules.FactorKind['PASSKEY'])], max_length=10)),
                ('name', models.CharField(max_length=60)),
                ('sealed', models.BinaryField(null=True)),
                ('confirmed_at', models.DateTimeField()),
                ('last_step', models.BigIntegerField(default=0)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('locked_at', models.DateTimeField(null=True)),
                ('suspended_at', models.DateTimeField(null=True)),
                ('taken_over', models.BooleanField(default=False)),
                ('administrator', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='factors', to='accounts.administrator')),
            ],
            options={
                'indexes': [models.Index(fields=['administrator', 'locked_at', 'suspended_at', 'kind'], name='factor_usable')],
            },
        ),
        migrations.CreateModel(
            name='SetUp',
            fields=[
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='sessions.session')),
                ('sealed', models.BinaryField()),
                ('shown_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='UserHandle',
            fields=[
                ('administrator', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='user_handle', serialize=False, to='accounts.administrator')),
                ('handle', models.BinaryField(max_length=64, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('factor', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='passkey', serialize=False, to='credentials.factor')),
                ('credential_id', models.BinaryField(max_length=1023, unique=True)),
                ('public_key', models.BinaryField()),
                ('sign_count', models.BigIntegerField()),
                ('aaguid', models.UUIDField()),
                ('transports', models.CharField(max_length=100)),
                ('rp_id', models.CharField(max_length=253)),
                ('backup_eligible', models.BooleanField()),
                ('backed_up', models.BooleanField()),
                ('user_verified', models.BooleanField()),
                ('discoverable', models.BooleanField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='RecoverySet',
            fields=[
                ('known_failures', models.PositiveIntegerField(default=0)),
                ('known_wait_until', models.BigIntegerField(default=0)),
                ('unknown_failures', models.PositiveIntegerField(default=0)),
                ('unknown_wait_until', models.BigIntegerField(default=0)),
                ('failures_in_a_row', models.PositiveIntegerField(default=0)),
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('session_id', models.UUIDField(null=True)),
                ('shown_at', models.DateTimeField()),
                ('saved_at', models.DateTimeField(null=True)),
                ('sealed', models.BinaryField(null=True)),
                ('administrator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_sets', to='accounts.administrator')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('saved_at__isnull', True)), fields=('administrator',), name='one_unsaved_set'), models.UniqueConstraint(condition=models.Q(('saved_at__isnull', False)), fields=('administrator',), name='one_saved_set')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('keyed_hash', models.BinaryField(max_length=32, unique=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('set', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='credentials.recoveryset')),
            ],
        ),
        migrations.CreateModel(
            name='TrustedBrowser',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('token_hash', models.BinaryField(max_length=32, unique=True)),
                ('security_version', models.PositiveIntegerField()),
                ('required', models.BooleanField()),
                ('kinds', models.CharField(max_length=20)),
                ('trusted_at', models.DateTimeField()),
                ('until', models.DateTimeField(db_index=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('browser', models.CharField(default='', max_length=300)),
                ('administrator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trusted_browsers', to='accounts.administrator')),
            ],
        ),
    ]
