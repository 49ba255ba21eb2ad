"""What a sign-in waits for: codes that were mailed, and links that were asked for."""

from __future__ import annotations

import uuid

from django.db import models

from doorward.sessions.models import Session


class AskedLink(models.Model):
    """That somebody asked for a link for a forgotten password; deleted as soon as the worker has seen it.

    `email` is what was typed, folded and sealed: whoever's that is, and people type passwords there, too.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.BinaryField(null=True)
    address = models.CharField(max_length=64)
    browser = models.CharField(max_length=300)
    request_id = models.CharField(max_length=40)
    asked_at = models.DateTimeField(db_index=True)


class MailboxProof(models.Model):
    """An eight-digit code by mail, for one session: an HMAC over this row, whose nonce is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    session = models.ForeignKey(Session, on_delete=models.CASCADE)
    nonce = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
