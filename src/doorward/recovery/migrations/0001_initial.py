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
            name='RecoveryRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('way', models.CharField(choices=[('colleague', 'Colleague'), ('waiting', 'Waiting'), ('support', 'Support')], max_length=10)),
                ('state', models.CharField(choices=[('open', 'Open'), ('approved', 'Approved'), ('issued', 'Issued'), ('confirmed', 'Confirmed'), ('denied', 'Denied'), ('refused', 'Refused'), ('ended', 'Ended')], default='open', max_length=10)),
                ('how', models.CharField(blank=True, default='', max_length=300)),
                ('checked_at', models.DateTimeField(null=True)),
                ('second', models.BooleanField()),
                ('asked_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('administrator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_requests', to='accounts.administrator')),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.administrator')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.administrator')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.administrator')),
            ],
            options={
                'indexes': [models.Index(fields=['administrator', '-asked_at'], name='requests_of_person'), models.Index(condition=models.Q(('state__in', ('open', 'approved'))), fields=['due_at'], name='requests_pending')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'approved'))), fields=('administrator',), name='one_pending_request')],
            },
        ),
        migrations.CreateModel(
            name='SetUpPass',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('keyed_hash', models.BinaryField(max_length=32)),
                ('nonce', models.BinaryField(null=True)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(null=True)),
                ('session_id', models.UUIDField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('administrator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='set_up_passes', to='accounts.administrator')),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='issued', to='recovery.recoveryrequest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('used_at__isnull', True)), fields=('administrator',), name='one_unused_pass')],
            },
        ),
        migrations.CreateModel(
            name='CallerCheck',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('begun_at', models.DateTimeField(db_index=True)),
                ('staff_tries', models.PositiveSmallIntegerField(default=0)),
                ('person_tries', models.PositiveSmallIntegerField(default=0)),
                ('staff_right_at', models.DateTimeField(null=True)),
                ('person_right_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('administrator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='caller_checks', to='accounts.administrator')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.administrator')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('administrator',), name='one_caller_check')],
            },
        ),
    ]
