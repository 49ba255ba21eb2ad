"""Codes that confirm a set-up are counted where all others are."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('mfa', '0001_initial'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='setup',
            name='tries',
        ),
    ]
