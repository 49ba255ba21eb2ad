from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('administrators', '0009_name_order'),
    ]

    operations = [
        migrations.AlterField(
            model_name='administrator',
            name='tabs',
            field=models.TextField(default=''),
        ),
    ]
