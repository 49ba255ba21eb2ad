"""Django's handle on this floor."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Deliveries."""

    name = "doorward.notices"
    default_auto_field = "django.db.models.BigAutoField"
