"""Django's handle on this floor."""

from django.apps import AppConfig


class SafeConfig(AppConfig):
    """The vault and the throttle."""

    name = "doorward.safe"
    default_auto_field = "django.db.models.BigAutoField"
