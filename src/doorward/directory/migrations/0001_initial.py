import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('customers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AdoptionDue',
            fields=[
                ('customer_id', models.UUIDField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='AdoptionSum',
            fields=[
                ('people', models.PositiveIntegerField()),
                ('bare', models.PositiveIntegerField()),
                ('app', models.PositiveIntegerField()),
                ('passkey', models.PositiveIntegerField()),
                ('one_device', models.PositiveIntegerField()),
                ('not_seen', models.PositiveIntegerField()),
                ('of', models.UUIDField(primary_key=True, serialize=False)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Adoption',
            fields=[
                ('people', models.PositiveIntegerField()),
                ('bare', models.PositiveIntegerField()),
                ('app', models.PositiveIntegerField()),
                ('passkey', models.PositiveIntegerField()),
                ('one_device', models.PositiveIntegerField()),
                ('not_seen', models.PositiveIntegerField()),
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='adoption', serialize=False, to='customers.customer')),
                ('brand_id', models.UUIDField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['-bare', 'customer'], name='adoption_by_bare'), models.Index(fields=['-app', 'customer'], name='adoption_by_app'), models.Index(fields=['-passkey', 'customer'], name='adoption_by_passkey'), models.Index(fields=['-one_device', 'customer'], name='adoption_by_one_device'), models.Index(fields=['-not_seen', 'customer'], name='adoption_by_not_seen'), models.Index(fields=['brand_id', '-bare', 'customer'], name='brand_by_bare'), models.Index(fields=['brand_id', '-app', 'customer'], name='brand_by_app'), models.Index(fields=['brand_id', '-passkey', 'customer'], name='brand_by_passkey'), models.Index(fields=['brand_id', '-one_device', 'customer'], name='brand_by_one_device'), models.Index(fields=['brand_id', '-not_seen', 'customer'], name='brand_by_not_seen')],
            },
        ),
        migrations.CreateModel(
            name='AdoptionDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('people', models.PositiveIntegerField()),
                ('bare', models.PositiveIntegerField()),
                ('app', models.PositiveIntegerField()),
                ('passkey', models.PositiveIntegerField()),
                ('one_device', models.PositiveIntegerField()),
                ('not_seen', models.PositiveIntegerField()),
                ('of', models.UUIDField()),
                ('day', models.DateField(db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('of', 'day'), name='one_sum_a_day')],
            },
        ),
        migrations.CreateModel(
            name='AdoptionPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(db_index=True)),
                ('people', models.PositiveIntegerField()),
                ('covered', models.PositiveIntegerField()),
                ('people_by', models.IntegerField()),
                ('covered_by', models.IntegerField()),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='customers.customer')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('customer', 'day'), name='one_point_a_day')],
            },
        ),
    ]
