"""Django's handle on this floor."""

from django.apps import AppConfig


class AdministratorsConfig(AppConfig):
    """Accounts and sessions."""

    name = "doorward.administrators"
    default_auto_field = "django.db.models.BigAutoField"
