import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FirstLink',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('only', models.BooleanField(default=True, unique=True)),
                ('keyed_hash', models.BinaryField(max_length=32)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
            ],
        ),
    ]
