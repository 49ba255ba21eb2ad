from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('key', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('rule', models.CharField(max_length=16)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('in_flight', models.PositiveIntegerField(default=0)),
                ('flight_until', models.BigIntegerField(default=0)),
                ('wait_until', models.BigIntegerField(default=0)),
                ('forget_at', models.BigIntegerField(db_index=True, default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('due_by', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SealedKey',
            fields=[
                ('purpose', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('sealed', models.BinaryField()),
            ],
        ),
    ]
