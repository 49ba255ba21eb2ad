"""Brands, customers with their policy, and tabs."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from doorward.kernel.text import names
from doorward.kernel.text.cleaning import MOST_FOLDED, fold_case

CUSTOMER_NAME = 80
LONGEST_NOTE = 2000


class Brand(models.Model):
    """What a portal looks like and who stands behind it. `hosts`: the first confirmed one makes the links."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=80)
    hosts = models.JSONField(default=list)
    # Of these, when each was confirmed (ISO 8601). What is used is `cached.usable_hosts`.
    confirmed_hosts = models.JSONField(default=dict)
    accent = models.CharField(max_length=7, default="#2b50e0")
    # Which pictures it has, with width and height in pixels; `BrandPicture` has the pictures themselves.
    pictures = models.JSONField(default=dict)
    support_email = models.CharField(max_length=254, default="")
    support_phone = models.CharField(max_length=40, default="")
    support_url = models.CharField(max_length=300, default="")
    support_hours = models.CharField(max_length=80, default="")
    terms_url = models.CharField(max_length=300, default="")
    privacy_url = models.CharField(max_length=300, default="")
    legal_url = models.CharField(max_length=300, default="")
    # Of support and legal links what is said in another way in a language, by its code and the name of the column.
    in_languages = models.JSONField(default=dict)
    issuer = models.CharField(max_length=60)
    email_from = models.CharField(max_length=254, default="")
    is_default = models.BooleanField(default=False)
    # The provider's minimum for its customers, as `policy/series.py` writes it.
    minimum = models.TextField(default="", blank=True)
    version = models.PositiveIntegerField(default=1)


class PictureKind(models.TextChoices):
    """What a picture of a brand is for."""

    LOGO = "logo", _("Logo")
    # On dark ground; without it the logo is for both.
    LOGO_DARK = "logo-dark", _("Logo for dark backgrounds")
    ICON = "icon", _("Icon")


class BrandPicture(models.Model):
    """A picture of a brand, as Doorward wrote it (`reencoding.py`), never as it was uploaded."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE)
    kind = models.CharField(max_length=10, choices=PictureKind.choices)
    content = models.BinaryField()
    type = models.CharField(max_length=20)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "kind"], name="picture_of_brand")
        ]


class CustomerKind(models.TextChoices):
    """The provider is itself the first customer."""

    PROVIDER = "provider", _("Provider")
    CUSTOMER = "customer", _("Customer")


class CustomerStatus(models.TextChoices):
    """Only an active customer's administrators get in."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


class BrandCheck(models.Model):
    """What was found when somebody last looked at a brand's host names and mail (`operations/checks/brand`).

    `brand_version`: the brand that was looked at; `language`: of the words in `findings`.
    """

    brand = models.OneToOneField(Brand, on_delete=models.CASCADE, primary_key=True)
    looked_at = models.DateTimeField()
    brand_version = models.PositiveIntegerField()
    language = models.CharField(max_length=12)
    selector = models.CharField(max_length=63, default="", blank=True)
    findings = models.JSONField()


class Customer(models.Model):
    """A company that buys from the provider, with its policy and the provider's minimum for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=CUSTOMER_NAME)
    # By this one names are compared; by the others customers are found and sorted (`kernel/text/names.py`).
    name_folded = models.CharField(max_length=CUSTOMER_NAME * MOST_FOLDED, unique=True)
    name_search = models.CharField(max_length=names.LONGEST_SEARCH_KEY)
    name_sort = models.CharField(max_length=names.LONGEST_SORT_KEY)
    kind = models.CharField(max_length=10, choices=CustomerKind.choices)
    # An index below begins with it.
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, db_index=False)
    status = models.CharField(
        max_length=10, choices=CustomerStatus.choices, default=CustomerStatus.ACTIVE
    )
    since = models.DateField()
    # The policy that its own administrators keep, and the provider's minimum, below which it cannot go: what still
    # matters of their versions, as `policy/series.py` writes it, so that the gate reads them with the person.
    policy = models.TextField(default="", blank=True)
    minimum = models.TextField(default="", blank=True)
    # Closed: since when, when all that it owns was exported after that, and from when on it is to be deleted for good.
    closed_at = models.DateTimeField(null=True)
    exported_at = models.DateTimeField(null=True)
    delete_at = models.DateTimeField(null=True)
    # Since when it is being deleted: from then on nothing brings it back.
    deleting_since = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name_sort", "id"], name="customer_name"),
            models.Index(fields=["status", "name_sort", "id"], name="customer_of_status"),
            # The provider is one of them.
            models.Index(fields=["kind"], name="customer_of_kind"),
            models.Index(fields=["since", "id"], name="customer_since"),
            models.Index(fields=["status", "since", "id"], name="customer_since_of_status"),
            # The filters of the list, and their counts; each of its orders within a brand.
            models.Index(fields=["brand", "status", "name_sort", "id"], name="customer_of_brand"),
            models.Index(fields=["brand", "name_sort", "id"], name="customer_name_of_brand"),
            models.Index(fields=["brand", "since", "id"], name="customer_since_of_brand"),
            models.Index(
                fields=["brand", "status", "since", "id"], name="customer_of_brand_by_since"
            ),
            models.Index(
                fields=["delete_at"],
                name="customer_to_delete",
                condition=models.Q(delete_at__isnull=False),
            ),
        ]

    @staticmethod
    def name_columns(name: str) -> dict[str, Any]:
        """Return the columns of a customer's name: all that is ever written of it."""
        return {"name": name, "name_folded": fold_case(name)} | names.columns(name)


class Note(models.Model):
    """What the provider's people write down about a customer, for themselves. `author`: None is the operator."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, db_index=False)
    author = models.UUIDField(null=True)
    written_at = models.DateTimeField()
    text = models.TextField(max_length=LONGEST_NOTE)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "-written_at"], name="notes_of_customer"),
        ]


class ThrowAway(models.Model):
    """Says of a customer that a selftest made it: it is deleted with its people, `until` then at the latest."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True)
    until = models.DateTimeField()


class TabAudience(models.TextChoices):
    """Whose people can have a tab of the provider's own."""

    EVERYONE = "everyone", _("Every customer")
    BRANDS = "brands", _("The customers of some brands")
    CUSTOMERS = "customers", _("Some customers")


class Tab(models.Model):
    """A tab of the provider's own: a link to the application behind it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=40)
    description = models.CharField(max_length=160, default="")
    url = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField(default=0)
    # Title and description in languages that have their own, by code.
    in_languages = models.JSONField(default=dict)
    icon = models.CharField(max_length=60, default="layout-grid")
    new_window = models.BooleanField(default=False)
    # Whose people can have it at all; `audience_ids`: of which brands, or of which customers.
    audience = models.CharField(max_length=10, choices=TabAudience.choices, default="everyone")
    audience_ids = models.JSONField(default=list)

    @property
    def shown_title(self) -> str:
        """What it is called in the language of whoever reads."""
        return self._said("title") or self.title

    @property
    def shown_description(self) -> str:
        """What it is for, in the language of whoever reads."""
        return self._said("description") or self.description

    def _said(self, what: str) -> str:
        said: dict[str, str] = self.in_languages.get(get_language() or "", {})
        return said.get(what, "")
