"""Each filter of Activity has its events from the newest on in an index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0004_repeated'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='event',
            name='event_subject',
        ),
        migrations.RemoveIndex(
            model_name='event',
            name='event_actor',
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['customer_id', 'kind', '-id', 'outcome', 'at'], name='event_of_kind'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['customer_id', 'outcome', '-id', 'at'], name='event_of_outcome'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['customer_id', '-at', '-id', 'outcome'], name='event_of_day'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['subject_id', 'customer_id', '-id'], name='event_with_subject'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['actor_id', 'customer_id', '-id'], name='event_by_actor'),
        ),
    ]
