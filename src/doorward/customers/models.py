"""Brands, customers with their policy, and tabs."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from doorward.kernel.text import names
from doorward.kernel.text.cleaning import MOST_FOLDED, fold_case

CUSTOMER_NAME = 80


class Brand(models.Model):
    """What a portal looks like and who stands behind it. `hosts`: the first confirmed one makes the links."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=80)
    hosts = models.JSONField(default=list)
    # Of these, when each was confirmed (ISO 8601). What is used is `cached.usable_hosts`.
    confirmed_hosts = models.JSONField(default=dict)
    accent = models.CharField(max_length=7, default="#2b50e0")
    logo = models.BinaryField(null=True)
    logo_type = models.CharField(max_length=20, default="")
    support_email = models.CharField(max_length=254, default="")
    support_phone = models.CharField(max_length=40, default="")
    support_url = models.CharField(max_length=300, default="")
    support_hours = models.CharField(max_length=80, default="")
    issuer = models.CharField(max_length=60)
    email_from = models.CharField(max_length=254, default="")
    is_default = models.BooleanField(default=False)
    # The provider's minimum for its customers, as `policy/series.py` writes it.
    minimum = models.TextField(default="", blank=True)
    version = models.PositiveIntegerField(default=1)


class CustomerKind(models.TextChoices):
    """The provider is itself the first customer."""

    PROVIDER = "provider", _("Provider")
    CUSTOMER = "customer", _("Customer")


class CustomerStatus(models.TextChoices):
    """Only an active customer's administrators get in."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


class Customer(models.Model):
    """A company that buys from the provider, with its policy and the provider's minimum for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=CUSTOMER_NAME)
    # By this one names are compared; by the others customers are found and sorted (`kernel/text/names.py`).
    name_folded = models.CharField(max_length=CUSTOMER_NAME * MOST_FOLDED, unique=True)
    name_search = models.CharField(max_length=names.LONGEST_SEARCH_KEY)
    name_sort = models.CharField(max_length=names.LONGEST_SORT_KEY)
    kind = models.CharField(max_length=10, choices=CustomerKind.choices)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT)
    status = models.CharField(
        max_length=10, choices=CustomerStatus.choices, default=CustomerStatus.ACTIVE
    )
    since = models.DateField()
    # The policy that its own administrators keep, and the provider's minimum, below which it cannot go: what still
    # matters of their versions, as `policy/series.py` writes it, so that the gate reads them with the person.
    policy = models.TextField(default="", blank=True)
    minimum = models.TextField(default="", blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name_sort", "id"], name="customer_name"),
            models.Index(fields=["status", "name_sort", "id"], name="customer_of_status"),
            # The provider is one of them.
            models.Index(fields=["kind"], name="customer_of_kind"),
        ]

    @staticmethod
    def name_columns(name: str) -> dict[str, Any]:
        """Return the columns of a customer's name: all that is ever written of it."""
        return {"name": name, "name_folded": fold_case(name)} | names.columns(name)


class Tab(models.Model):
    """A tab of the provider's own: a link to the application behind it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=40)
    description = models.CharField(max_length=160, default="")
    url = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField(default=0)
