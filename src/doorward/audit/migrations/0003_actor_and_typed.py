from django.db import migrations, models

# As they were told before, by what stood for the browser.
_OURS = {"console": "operator", "worker": "portal"}


def tell_apart(apps, schema_editor):
    """Give each event its type of actor, its e-mails as far as they are known, and what was typed a place of its own.

    What is sealed changes its form with it (nothing was released with the old one), so all of it is
    sealed anew.
    """
    events = apps.get_model("audit", "Event").objects
    apps.get_model("audit", "Batch").objects.all().delete()
    events.filter(actor_id__isnull=False).update(actor_type="person")
    events.filter(actor_id__isnull=True).update(actor_type="stranger")
    ours = events.filter(actor_id__isnull=True, session_id__isnull=True, request_id="", address="")
    for browser, actor_type in _OURS.items():
        ours.filter(browser=browser).update(actor_type=actor_type, browser="")
    for id, details in events.values_list("id", "details").iterator():
        if isinstance(details, dict) and "factor" in details:
            typed = {"factor": details.pop("factor")}
            events.filter(id=id).update(details=details, typed=typed)
    events.filter(batch__isnull=False).update(batch=None)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_sealing"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="actor_type",
            field=models.CharField(default="stranger", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="event",
            name="actor_email",
            field=models.CharField(default="", max_length=254),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="event",
            name="subject_email",
            field=models.CharField(default="", max_length=254),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="event",
            name="typed",
            field=models.JSONField(default=dict),
        ),
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
    ]
