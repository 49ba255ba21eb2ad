import django.db.models.deletion
import uuid
from django.db import migrations, models



def collate(apps, schema_editor):
    """Let the key of order go by its code points on PostgreSQL too, whatever language the database was made for."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'ALTER TABLE accounts_administrator ALTER COLUMN name_sort TYPE varchar(300) COLLATE "C"'
        )


# SQLite reads an index of what is searched several times as fast as the rows. PostgreSQL has no room for such long
# keys in one, and reads the rows as fast.
SEARCHED = """
CREATE INDEX people_searched ON accounts_administrator
  (customer_id, name_search, email_folded, status, require_2fa, standing, last_signed_in_at, id)
"""


def index_searched(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SEARCHED)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('customers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Administrator',
            fields=[
                ('password', models.CharField(max_length=255)),
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('email', models.CharField(max_length=254)),
                ('email_folded', models.CharField(max_length=320, unique=True)),
                ('first_name', models.CharField(max_length=60)),
                ('last_name', models.CharField(max_length=60)),
                ('second_email', models.CharField(default='', max_length=254)),
                ('name_search', models.CharField(max_length=4500)),
                ('name_sort', models.CharField(max_length=300)),
                ('phone', models.CharField(default='', max_length=40)),
                ('language', models.CharField(default='', max_length=10)),
                ('time_zone', models.CharField(default='UTC', max_length=40)),
                ('status', models.CharField(choices=[('invited', 'Invited'), ('active', 'Active'), ('suspended', 'Suspended'), ('removed', 'Removed')], default='invited', max_length=10)),
                ('require_2fa', models.BooleanField(default=False)),
                ('is_primary', models.BooleanField(default=False)),
                ('tabs', models.TextField(default='')),
                ('scope', models.CharField(default='all', max_length=10)),
                ('scope_ids', models.TextField(blank=True, default='')),
                ('security_version', models.PositiveIntegerField(default=1)),
                ('password_long', models.BooleanField(default=False)),
                ('password_by_link_at', models.DateTimeField(null=True)),
                ('password_due', models.CharField(blank=True, choices=[('', ''), ('breached', 'Your password is known from a break-in elsewhere.'), ('not_me', 'Somebody else knew the old password.'), ('taken_over', 'Your password comes from the system used before, and is too weak here.'), ('too_short', 'Without two-factor sign-in a password needs 15 characters.')], default='', max_length=10)),
                ('mail_problem', models.CharField(blank=True, choices=[('', ''), ('no_mailbox', 'no such mailbox'), ('full', 'the mailbox is full'), ('refused', 'the mail server does not accept it'), ('not_made', 'the message could not be created'), ('too_long', 'it could not be delivered for three days')], default='', max_length=10)),
                ('added_at', models.DateTimeField()),
                ('joined_at', models.DateTimeField(null=True)),
                ('due_since', models.DateTimeField(null=True)),
                ('excepted_until', models.DateTimeField(null=True)),
                ('wave_share', models.PositiveSmallIntegerField(default=0)),
                ('standing', models.PositiveSmallIntegerField(choices=[(0, 'None'), (1, 'Locked'), (2, 'App'), (3, 'App Backed'), (4, 'Passkey'), (5, 'Passkey Backed')], default=0)),
                ('last_signed_in_at', models.DateTimeField(null=True)),
                ('unreachable', models.GeneratedField(db_persist=True, expression=models.Case(models.When(mail_problem='', then=models.Value(False)), default=models.Value(True)), output_field=models.BooleanField())),
                ('password_taken_over', models.GeneratedField(db_persist=True, expression=models.Case(models.When(password__startswith='taken_over$', then=models.Value(True)), default=models.Value(False)), output_field=models.BooleanField())),
                ('looks_after', models.GeneratedField(db_persist=True, expression=models.Case(models.When(tabs__contains=' administrators ', then=models.Value(True)), default=models.Value(False)), output_field=models.BooleanField())),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='customers.customer')),
            ],
            options={
                'indexes': [models.Index(fields=['customer', 'id'], name='people_in_pages'), models.Index(fields=['customer', 'name_sort', 'id', 'status', 'require_2fa', 'standing'], name='people_by_name'), models.Index(fields=['customer', 'email_folded', 'id', 'status', 'require_2fa', 'standing'], name='people_by_email'), models.Index(fields=['customer', 'last_signed_in_at', 'id', 'status', 'require_2fa', 'standing'], name='people_by_last_sign_in'), models.Index(fields=['customer', 'status', 'require_2fa', 'standing'], name='people_counted'), models.Index(condition=models.Q(('looks_after', True)), fields=['customer', '-is_primary', 'name_sort', 'id'], name='people_who_look_after'), models.Index(condition=models.Q(('password_taken_over', True)), fields=['id'], name='people_password_taken_over'), models.Index(condition=models.Q(('unreachable', True)), fields=['customer', 'name_sort', 'id', 'status'], name='people_unreachable')],
            },
        ),
        migrations.CreateModel(
            name='PolicyException',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('made_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('made_by', models.UUIDField(null=True)),
                ('made_by_name', models.CharField(default='', max_length=200)),
                ('ended_at', models.DateTimeField(null=True)),
                ('administrator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.administrator')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['ends_at'], name='exception_to_end')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('administrator',), name='one_open_exception')],
            },
        ),
        migrations.CreateModel(
            name='EmailChange',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('email', models.CharField(max_length=254)),
                ('old_email', models.CharField(max_length=254)),
                ('by_colleague', models.BooleanField(default=False)),
                ('asked_at', models.DateTimeField()),
                ('not_before', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('agreed_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('administrator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.administrator')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('administrator',), name='one_open_email_change')],
            },
        ),
        migrations.CreateModel(
            name='MailedLink',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('invitation', 'Invitation'), ('reset', 'Reset'), ('email_new', 'Email New'), ('email_old', 'Email Old'), ('not_me', 'Not Me'), ('second', 'Second Address'), ('veto', 'Veto'), ('lost', 'Lost')], max_length=12)),
                ('nonce', models.BinaryField()),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('about', models.UUIDField(null=True)),
                ('asked_at', models.DateTimeField(null=True)),
                ('email', models.CharField(default='', max_length=254)),
                ('administrator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.administrator')),
            ],
        ),
        migrations.RunPython(collate, migrations.RunPython.noop),
        migrations.RunPython(index_searched, migrations.RunPython.noop),
    ]
