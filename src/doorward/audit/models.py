"""The history's rows: ids and copied names, no foreign keys, so that nothing can take them along."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class Event(models.Model):
    """One line of history. Only `dispatched_at` is ever written again, by the worker."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    subject_id = models.UUIDField(null=True)
    subject_name = models.CharField(max_length=200)
    customer_id = models.UUIDField(null=True)
    customer_name = models.CharField(max_length=200)
    session_id = models.UUIDField(null=True)
    address = models.CharField(max_length=64)
    browser = models.CharField(max_length=300)
    request_id = models.CharField(max_length=40)
    details = models.JSONField(default=dict)
    dispatched_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer_id", "-id"], name="event_customer"),
            models.Index(fields=["subject_id", "-id"], name="event_subject"),
            models.Index(fields=["actor_id", "-id"], name="event_actor"),
            models.Index(
                fields=["id"],
                name="event_waiting",
                condition=models.Q(dispatched_at__isnull=True),
            ),
        ]
