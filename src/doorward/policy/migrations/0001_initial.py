
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('customers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('is_minimum', models.BooleanField(default=False)),
                ('number', models.PositiveIntegerField()),
                ('values', models.JSONField()),
                ('starts_at', models.DateTimeField()),
                ('saved_at', models.DateTimeField()),
                ('saved_by', models.UUIDField(null=True)),
                ('saved_by_name', models.CharField(default='', max_length=200)),
                ('reason', models.CharField(default='', max_length=300)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('begun_at', models.DateTimeField(null=True)),
                ('brand', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='customers.brand')),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='customers.customer')),
            ],
            options={
                'indexes': [models.Index(fields=['saved_at'], name='version_saved'), models.Index(condition=models.Q(('begun_at__isnull', True), ('withdrawn_at__isnull', True)), fields=['starts_at'], name='version_to_begin')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('customer__isnull', False)), fields=('customer', 'is_minimum', 'number'), name='version_of_customer'), models.UniqueConstraint(condition=models.Q(('brand__isnull', False)), fields=('brand', 'number'), name='version_of_brand')],
            },
        ),
        migrations.CreateModel(
            name='WavePause',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('is_minimum', models.BooleanField(default=False)),
                ('since', models.DateTimeField()),
                ('wave', models.PositiveSmallIntegerField()),
                ('stuck', models.PositiveIntegerField()),
                ('people', models.PositiveIntegerField()),
                ('paused_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('brand', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='customers.brand')),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='customers.customer')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('customer__isnull', False)), fields=('customer', 'is_minimum', 'since', 'wave'), name='one_pause_of_wave'), models.UniqueConstraint(condition=models.Q(('brand__isnull', False)), fields=('brand', 'since', 'wave'), name='one_pause_of_brand')],
            },
        ),
    ]
