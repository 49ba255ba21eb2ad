"""What is to be mailed: one row for each event, message and mailbox, until it is sent."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class State(models.TextChoices):
    """How far a delivery is."""

    DUE = "due"
    SENT = "sent"
    GIVEN_UP = "given_up"


class Delivery(models.Model):
    """One message to one mailbox about one event. Nothing secret is stored: links are made at sending.

    `template` names the message; `lease_until` is until when a worker has it to itself.
    """

    event_id = models.BigIntegerField()
    administrator_id = models.UUIDField()
    template = models.CharField(max_length=40)
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, default="")
    # Goes to a second address: nothing that proves anything is enclosed.
    is_copy = models.BooleanField(default=False)
    # How often the same happened again before this one was sent, and is told by it.
    repeated = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event_id", "template", "address"], name="one_delivery"
            ),
        ]
        # Not a partial index: SQLite uses none for a condition whose value is bound.
        indexes: ClassVar = [
            models.Index(fields=["state", "next_at"], name="delivery_due"),
        ]
