import django.db.models.deletion
import uuid
from django.db import migrations, models



def collate(apps, schema_editor):
    """Let the key of order go by its code points on PostgreSQL too, whatever language the database was made for."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'ALTER TABLE customers_customer ALTER COLUMN name_sort TYPE varchar(300) COLLATE "C"'
        )


# SQLite reads an index of what is searched several times as fast as the rows; in this order the filters count in it,
# too. PostgreSQL has no room for such long
# keys in one, and reads the rows as fast.
SEARCHED = """
CREATE INDEX customer_searched ON customers_customer (brand_id, status, name_search, id)
"""


def index_searched(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SEARCHED)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Brand',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('hosts', models.JSONField(default=list)),
                ('confirmed_hosts', models.JSONField(default=dict)),
                ('accent', models.CharField(default='#2b50e0', max_length=7)),
                ('pictures', models.JSONField(default=dict)),
                ('support_email', models.CharField(default='', max_length=254)),
                ('support_phone', models.CharField(default='', max_length=40)),
                ('support_url', models.CharField(default='', max_length=300)),
                ('support_hours', models.CharField(default='', max_length=80)),
                ('terms_url', models.CharField(default='', max_length=300)),
                ('privacy_url', models.CharField(default='', max_length=300)),
                ('legal_url', models.CharField(default='', max_length=300)),
                ('in_languages', models.JSONField(default=dict)),
                ('issuer', models.CharField(max_length=60)),
                ('email_from', models.CharField(default='', max_length=254)),
                ('is_default', models.BooleanField(default=False)),
                ('minimum', models.TextField(blank=True, default='')),
                ('version', models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='BrandPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('logo', 'Logo'), ('logo-dark', 'Logo for dark backgrounds'), ('icon', 'Icon')], max_length=10)),
                ('content', models.BinaryField()),
                ('type', models.CharField(max_length=20)),
                ('brand', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='customers.brand')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('brand', 'kind'), name='picture_of_brand')],
            },
        ),
        migrations.CreateModel(
            name='Tab',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('title', models.CharField(max_length=40)),
                ('description', models.CharField(default='', max_length=160)),
                ('url', models.CharField(max_length=300)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('in_languages', models.JSONField(default=dict)),
                ('icon', models.CharField(default='layout-grid', max_length=60)),
                ('new_window', models.BooleanField(default=False)),
                ('audience', models.CharField(choices=[('everyone', 'Every customer'), ('brands', 'The customers of some brands'), ('customers', 'Some customers')], default='everyone', max_length=10)),
                ('audience_ids', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('name_folded', models.CharField(max_length=240, unique=True)),
                ('name_search', models.CharField(max_length=4500)),
                ('name_sort', models.CharField(max_length=300)),
                ('kind', models.CharField(choices=[('provider', 'Provider'), ('customer', 'Customer')], max_length=10)),
                ('status', models.CharField(choices=[('active', 'Active'), ('suspended', 'Suspended'), ('closed', 'Closed')], default='active', max_length=10)),
                ('since', models.DateField()),
                ('policy', models.TextField(blank=True, default='')),
                ('minimum', models.TextField(blank=True, default='')),
                ('closed_at', models.DateTimeField(null=True)),
                ('exported_at', models.DateTimeField(null=True)),
                ('delete_at', models.DateTimeField(null=True)),
                ('deleting_since', models.DateTimeField(null=True)),
                ('brand', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='customers.brand')),
            ],
            options={
                'indexes': [models.Index(fields=['name_sort', 'id'], name='customer_name'), models.Index(fields=['status', 'name_sort', 'id'], name='customer_of_status'), models.Index(fields=['kind'], name='customer_of_kind'), models.Index(fields=['since', 'id'], name='customer_since'), models.Index(fields=['status', 'since', 'id'], name='customer_since_of_status'), models.Index(fields=['brand', 'status', 'name_sort', 'id'], name='customer_of_brand'), models.Index(fields=['brand', 'name_sort', 'id'], name='customer_name_of_brand'), models.Index(fields=['brand', 'since', 'id'], name='customer_since_of_brand'), models.Index(fields=['brand', 'status', 'since', 'id'], name='customer_of_brand_by_since'), models.Index(condition=models.Q(('delete_at__isnull', False)), fields=['delete_at'], name='customer_to_delete')],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('author', models.UUIDField(null=True)),
                ('written_at', models.DateTimeField()),
                ('text', models.TextField(max_length=2000)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='customers.customer')),
            ],
            options={
                'indexes': [models.Index(fields=['customer', '-written_at'], name='notes_of_customer')],
            },
        ),
        migrations.RunPython(collate, migrations.RunPython.noop),
        migrations.RunPython(index_searched, migrations.RunPython.noop),
    ]
