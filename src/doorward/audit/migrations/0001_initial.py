import doorward.audit.models
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('size', models.PositiveIntegerField()),
                ('root', models.BinaryField(max_length=32)),
                ('sealed_at', models.DateTimeField()),
                ('complete', models.BooleanField()),
                ('head', models.BinaryField(max_length=32)),
                ('mailed_at', models.DateTimeField(db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ErasedEvent',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('batch', models.BigIntegerField(db_index=True)),
                ('leaf', models.BinaryField(max_length=32)),
                ('proof', models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='Repeated',
            fields=[
                ('key', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('event', models.CharField(max_length=36)),
                ('times', models.PositiveIntegerField(default=0)),
                ('until', models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('at', models.DateTimeField()),
                ('form', models.PositiveSmallIntegerField(default=1)),
                ('type', models.CharField(max_length=40)),
                ('outcome', models.CharField(max_length=10)),
                ('actor_type', models.CharField(max_length=10)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_name', models.CharField(max_length=200)),
                ('actor_email', models.CharField(max_length=254)),
                ('actor_salt', models.BinaryField(default=doorward.audit.models.new_salt, max_length=16, null=True)),
                ('actor_hash', models.BinaryField(max_length=32, null=True)),
                ('on_behalf_of_id', models.UUIDField(null=True)),
                ('on_behalf_of_name', models.CharField(max_length=200)),
                ('on_behalf_of_email', models.CharField(max_length=254)),
                ('on_behalf_of_salt', models.BinaryField(max_length=16, null=True)),
                ('on_behalf_of_hash', models.BinaryField(max_length=32, null=True)),
                ('credential', models.CharField(max_length=12)),
                ('credential_id', models.UUIDField(null=True)),
                ('subject_id', models.UUIDField(null=True)),
                ('subject_name', models.CharField(max_length=200)),
                ('subject_email', models.CharField(max_length=254)),
                ('subject_salt', models.BinaryField(default=doorward.audit.models.new_salt, max_length=16, null=True)),
                ('subject_hash', models.BinaryField(max_length=32, null=True)),
                ('customer_id', models.UUIDField(null=True)),
                ('customer_name', models.CharField(max_length=200)),
                ('address', models.CharField(max_length=64)),
                ('browser', models.CharField(max_length=300)),
                ('request_id', models.CharField(max_length=40)),
                ('details', models.JSONField(default=dict)),
                ('typed', models.JSONField(default=dict)),
                ('dispatched_at', models.DateTimeField(null=True)),
                ('batch', models.BigIntegerField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['customer_id', '-id'], name='event_customer'), models.Index(fields=['customer_id', 'type', '-id', 'outcome', 'at'], name='event_of_type'), models.Index(fields=['customer_id', 'outcome', '-id', 'at'], name='event_of_outcome'), models.Index(fields=['customer_id', '-at', '-id', 'outcome'], name='event_of_day'), models.Index(fields=['subject_id', 'customer_id', '-id'], name='event_with_subject'), models.Index(fields=['actor_id', 'customer_id', '-id'], name='event_by_actor'), models.Index(condition=models.Q(('on_behalf_of_id__isnull', False)), fields=['on_behalf_of_id', 'customer_id', '-id'], name='event_on_behalf'), models.Index(condition=models.Q(('dispatched_at__isnull', True)), fields=['id'], name='event_waiting'), models.Index(fields=['batch', 'id'], name='event_batch')],
            },
        ),
    ]
