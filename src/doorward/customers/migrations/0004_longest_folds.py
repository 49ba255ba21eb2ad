from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_name_order'),
    ]

    operations = [
        migrations.AlterField(
            model_name='customer',
            name='name_folded',
            field=models.CharField(max_length=240, unique=True),
        ),
    ]
