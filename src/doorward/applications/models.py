"""Applications, their secrets, and what they were given: nothing that lets in stands here in the clear."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from doorward.credentials.models import TrustedBrowser
from doorward.customers.models import Tab
from doorward.sessions.models import Session


class ClientType(models.TextChoices):
    """Whether an application can keep a secret."""

    CONFIDENTIAL = "confidential", _("On a server: it can keep a secret")
    PUBLIC = "public", _("In a browser or on a phone: it cannot keep a secret")


class SubjectType(models.TextChoices):
    """How an application knows people again."""

    PAIRWISE = "pairwise", _("By an id of its own, which no other application can compare")
    PUBLIC = "public", _("By the id that all applications are told")


class Algorithm(models.TextChoices):
    """What tokens are signed with."""

    RS256 = "RS256", "RS256"
    ES256 = "ES256", "ES256"


class Application(models.Model):
    """The application behind a tab, as an OpenID client. `required_acr`: what its people must have verified."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tab = models.OneToOneField(Tab, on_delete=models.CASCADE, related_name="application")
    client_id = models.CharField(max_length=40, unique=True)
    client_type = models.CharField(max_length=12, choices=ClientType.choices)
    subject_type = models.CharField(max_length=10, choices=SubjectType.choices)
    algorithm = models.CharField(max_length=5, choices=Algorithm.choices)
    # Whole addresses: one that is asked for is compared letter by letter.
    redirect_uris = models.JSONField(default=list)
    logout_uris = models.JSONField(default=list)
    # Where it is told that somebody was signed out (Back-Channel Logout 1.0); empty: it is not.
    logout_channel = models.CharField(max_length=300, default="", blank=True)
    scopes = models.JSONField(default=list)
    # What it may ask access tokens for besides itself (RFC 8707).
    resources = models.JSONField(default=list)
    required_acr = models.CharField(max_length=40, default="", blank=True)
    # Whether staff opens it who manages a customer's portal, and may change something there.
    while_managing = models.BooleanField(default=False, db_default=False)
    # Its own public keys (RFC 7517), for `private_key_jwt`.
    keys = models.JSONField(default=list)
    made_at = models.DateTimeField()


class ClientSecret(models.Model):
    """One of at most two secrets of an application: 256 random bits, of which only the keyed hash is kept.

    `unseen`: itself, sealed, until the session that made it is shown it, which is once and soon.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="secrets")
    keyed_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    unseen = models.BinaryField(null=True)
    made_by_session = models.UUIDField(null=True)


class UsedAssertion(models.Model):
    """A signed assertion of a client that was taken, so that it is not taken twice (RFC 7523, 3)."""

    keyed_hash = models.BinaryField(max_length=32, primary_key=True)
    until = models.DateTimeField(db_index=True)


class SigningKey(models.Model):
    """A key that tokens are signed with. `signs_from`: it stands in the key set for some time before it is used."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    algorithm = models.CharField(max_length=5, choices=Algorithm.choices)
    public = models.JSONField()
    sealed = models.BinaryField()
    made_at = models.DateTimeField()
    signs_from = models.DateTimeField()


class PushedRequest(models.Model):
    """An authorization request that a client pushed (RFC 9126), until it is asked for once."""

    keyed_hash = models.BinaryField(max_length=32, primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    parameters = models.JSONField()
    until = models.DateTimeField(db_index=True)


class Grant(models.Model):
    """One sign-in to an application, from one session: all tokens that came of it, and what they are worth together.

    `request_id`: of the request that was answered, which is answered once. `trusted_id`: the browser's trust by which
    the session was let in. `used_at`: when something of it was last shown to us, to a few minutes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="grants", db_index=False
    )
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="grants")
    administrator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    trusted_id = models.UUIDField(null=True)
    # Of staff who opened it while they managed a customer's portal: which managing it was, and it ends with that.
    managing_id = models.UUIDField(null=True)
    request_id = models.UUIDField(unique=True)
    scopes = models.JSONField()
    # Claims that were asked for by name, by where they are told: `claims.by_name`. NULL: none was.
    claims = models.JSONField(null=True)
    resource = models.CharField(max_length=300, default="", blank=True)
    granted_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # The code, until it is used.
    code_hash = models.BinaryField(max_length=32, unique=True)
    code_used_at = models.DateTimeField(null=True)
    code_challenge = models.CharField(max_length=43)
    redirect_uri = models.CharField(max_length=300)
    nonce = models.CharField(max_length=300, default="", blank=True)
    # That it is over, the application is told: when next, how often it was tried, since when, and when it was.
    looked_at = models.DateTimeField(null=True)
    tell_at = models.DateTimeField(null=True)
    tell_tries = models.PositiveSmallIntegerField(default=0)
    tell_first_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["application", "session"], name="grant_of_application"),
            models.Index(
                fields=["tell_at"],
                name="grant_to_tell",
                condition=models.Q(tell_at__isnull=False, told_at__isnull=True),
            ),
        ]


class RefreshToken(models.Model):
    """A refresh token: it works once, and gives the next one of its grant."""

    keyed_hash = models.BinaryField(max_length=32, primary_key=True)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="refresh_tokens")
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Site(models.Model):
    """The site behind a tab that has no sign-in of its own: the proxy in front of it asks here about each request.

    `origin`: where people see it, in the one spelling of `kernel/host_spelling.py`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tab = models.OneToOneField(Tab, on_delete=models.CASCADE, related_name="site")
    origin = models.CharField(max_length=300, unique=True)
    required_acr = models.CharField(max_length=40, default="", blank=True)
    made_at = models.DateTimeField()


class SiteVisit(models.Model):
    """One sign-in to a site, from one session: what the browser's cookie at the site's host is worth.

    `trust`: the browser's trust by which the session was let in. `state_hash`: of the cookie of the browser that began.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="visits")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="visits")
    administrator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    trust = models.ForeignKey(
        TrustedBrowser, on_delete=models.SET_NULL, null=True, related_name="visits"
    )
    begun_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    # The code that hands over, until it is used.
    state_hash = models.BinaryField(max_length=32)
    code_hash = models.BinaryField(max_length=32, unique=True)
    code_used_at = models.DateTimeField(null=True)
    cookie_hash = models.BinaryField(max_length=32, unique=True, null=True)
