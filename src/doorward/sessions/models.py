"""Sessions: a row for each browser that signs in, with what was verified in it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models

if TYPE_CHECKING:
    from doorward.customers.scoping import Scoped


class Session(models.Model):
    """A browser that signs in or is signed in: what was verified in it, and when.

    `token_hash` is the keyed hash of the cookie's 256 bits; it changes at each step up.
    `signed_in_at` is set once, when the gate first lets it through.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # Both indexes below begin with it.
    administrator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False
    )
    token_hash = models.BinaryField(max_length=32, unique=True)
    security_version = models.PositiveIntegerField()
    # The brand at whose host it was begun; it holds as long as the customer has that brand.
    brand_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    signed_in_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Proofs
    password_at = models.DateTimeField(null=True)
    # A passkey that verified its user, in place of the password
    passkey_at = models.DateTimeField(null=True)
    factor_at = models.DateTimeField(null=True)
    factor_id = models.UUIDField(null=True)
    factor_kind = models.CharField(max_length=10, default="")
    recovery_at = models.DateTimeField(null=True)
    mailbox_at = models.DateTimeField(null=True)
    # A set-up pass, which lets a new factor be set up in place of those that were lost
    pass_at = models.DateTimeField(null=True)
    from_link = models.BooleanField(default=False)
    put_off = models.BooleanField(default=False)
    # The browser
    address = models.CharField(max_length=64, default="")
    browser = models.CharField(max_length=300, default="")
    browser_hash = models.BinaryField(max_length=32, null=True)
    known_browser = models.BooleanField(default=False)
    # The device that it is bound to (`binding.py`): its public key (JWK), and the cookie that only its proof renews
    device_key = models.TextField(default="", db_default="")
    # Since when the browser brings that cookie: before, and without a key, nobody is asked for it.
    bound_at = models.DateTimeField(null=True)
    bound_hash = models.BinaryField(max_length=32, null=True)
    bound_until = models.DateTimeField(null=True)
    # The cookie of before, for what was on its way when it was renewed
    bound_before = models.BinaryField(max_length=32, null=True)
    bound_before_until = models.DateTimeField(null=True)
    # On the way
    next_path = models.CharField(max_length=2000, default="")
    saved_request = models.BinaryField(null=True)
    previous_at = models.DateTimeField(null=True)
    previous_browser = models.CharField(max_length=300, default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["administrator", "-signed_in_at"], name="session_signed_in"),
            models.Index(fields=["administrator", "browser_hash"], name="session_browser"),
            models.Index(
                fields=["created_at"],
                name="session_pending",
                condition=models.Q(signed_in_at__isnull=True, ended_at__isnull=True),
            ),
            # How many are open; when one was seen last is in no index, as it changes often.
            models.Index(
                fields=["signed_in_at"],
                name="session_open",
                condition=models.Q(signed_in_at__isnull=False, ended_at__isnull=True),
            ),
        ]


def accounts() -> Scoped[Any]:
    """Return the door to people's rows. Their model stands above this subject: what is done to them ends sessions."""
    return cast("Scoped[Any]", get_user_model()._default_manager)  # noqa: SLF001 - Django's own name for it
