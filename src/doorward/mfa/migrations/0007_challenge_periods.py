from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mfa', '0006_factor_usable'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChallengePeriod',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('number', models.PositiveBigIntegerField()),
                ('begun_at', models.DateTimeField()),
            ],
        ),
        # Challenges of before have another form: none of them holds any more.
        migrations.AddField(
            model_name='answeredchallenge',
            name='period',
            field=models.PositiveBigIntegerField(db_index=True, default=0),
            preserve_default=False,
        ),
        migrations.RemoveField(
            model_name='answeredchallenge',
            name='expires_at',
        ),
    ]
