"""Django's handle on this floor."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Brands, customers and tabs."""

    name = "doorward.customers"
    default_auto_field = "django.db.models.BigAutoField"
