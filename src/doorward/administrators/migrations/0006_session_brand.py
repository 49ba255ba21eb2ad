from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def remember_brand(apps, schema_editor):
    """Sessions that are open go on: each was begun at its customer's brand."""
    people = apps.get_model("administrators", "Administrator")
    brand = people._base_manager.filter(id=OuterRef("administrator_id")).values("customer__brand_id")
    sessions = apps.get_model("administrators", "Session")
    sessions.objects.filter(ended_at__isnull=True).update(brand_id=Subquery(brand[:1]))


class Migration(migrations.Migration):

    dependencies = [
        ('administrators', '0005_count_index'),
        ('customers', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='brand_id',
            field=models.UUIDField(null=True),
        ),
        migrations.RunPython(remember_brand, migrations.RunPython.noop),
    ]
