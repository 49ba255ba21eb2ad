"""Django's handle on this floor."""

from django.apps import AppConfig


class MfaConfig(AppConfig):
    """Factors."""

    name = "doorward.mfa"
    default_auto_field = "django.db.models.BigAutoField"
