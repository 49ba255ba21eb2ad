from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.BigIntegerField()),
                ('administrator_id', models.UUIDField()),
                ('template', models.CharField(max_length=40)),
                ('address', models.CharField(max_length=254)),
                ('state', models.CharField(choices=[('due', 'Due'), ('sent', 'Sent'), ('given_up', 'Given Up')], default='due', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(default='', max_length=200)),
                ('is_copy', models.BooleanField(default=False)),
                ('repeated', models.PositiveIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'next_at'], name='delivery_due')],
                'constraints': [models.UniqueConstraint(fields=('event_id', 'template', 'address'), name='one_delivery')],
            },
        ),
    ]
