"""Django's handle on this floor."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The history."""

    name = "doorward.audit"
    default_auto_field = "django.db.models.BigAutoField"
