from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_first_link'),
    ]

    operations = [
        migrations.AlterField(
            model_name='mailedlink',
            name='purpose',
            field=models.CharField(choices=[('invitation', 'Invitation'), ('reset', 'Reset'), ('email_new', 'Email New'), ('email_old', 'Email Old'), ('not_me', 'Not Me'), ('second', 'Second Address'), ('veto', 'Veto'), ('lost', 'Lost'), ('rescue', 'Rescue')], max_length=12),
        ),
    ]
