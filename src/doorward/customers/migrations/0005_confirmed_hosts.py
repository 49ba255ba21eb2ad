from django.db import migrations, models
from django.utils import timezone


def confirm_what_is_used(apps, schema_editor):
    """Host names that were in use before they had to be confirmed go on being used."""
    now = timezone.now().isoformat()
    brands = apps.get_model("customers", "Brand")
    for brand in brands.objects.only("id", "hosts"):
        confirmed = {host: now for host in brand.hosts}
        brands.objects.filter(id=brand.id).update(confirmed_hosts=confirmed)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0004_longest_folds'),
    ]

    operations = [
        migrations.AddField(
            model_name='brand',
            name='confirmed_hosts',
            field=models.JSONField(default=dict),
        ),
        migrations.RunPython(confirm_what_is_used, migrations.RunPython.noop),
    ]
