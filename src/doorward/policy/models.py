"""The versions of policies and minimums: kept for ever, with who saved them, when and why."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from doorward.customers.models import Brand, Customer


class PolicyVersion(models.Model):
    """One version of a customer's policy, of the provider's minimum for a customer, or of the one for a brand.

    `values`: all fields, by key. What the gate reads of the versions stands with customer and brand, where
    `versions.py` writes it with each of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE)
    brand = models.ForeignKey(Brand, null=True, on_delete=models.CASCADE)
    is_minimum = models.BooleanField(default=False)
    number = models.PositiveIntegerField()
    values = models.JSONField()
    starts_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    saved_by = models.UUIDField(null=True)
    saved_by_name = models.CharField(max_length=200, default="")
    reason = models.CharField(max_length=300, default="")
    # Taken back, or replaced by another one, before its time had come.
    withdrawn_at = models.DateTimeField(null=True)
    # When what follows from it was done: of one that was planned, by the worker.
    begun_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "is_minimum", "number"],
                condition=models.Q(customer__isnull=False),
                name="version_of_customer",
            ),
            models.UniqueConstraint(
                fields=["brand", "number"],
                condition=models.Q(brand__isnull=False),
                name="version_of_brand",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["saved_at"], name="version_saved"),
            models.Index(
                fields=["starts_at"],
                name="version_to_begin",
                condition=models.Q(begun_at__isnull=True, withdrawn_at__isnull=True),
            ),
        ]


class WavePause(models.Model):
    """A time in which the next wave waits, because too many people of the last one are stuck.

    `since`: of the versions whose waves they are; `wave`: the first one that waits. `ended_at`: somebody went on.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE)
    brand = models.ForeignKey(Brand, null=True, on_delete=models.CASCADE)
    is_minimum = models.BooleanField(default=False)
    since = models.DateTimeField()
    wave = models.PositiveSmallIntegerField()
    stuck = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    paused_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "is_minimum", "since", "wave"],
                condition=models.Q(customer__isnull=False),
                name="one_pause_of_wave",
            ),
            models.UniqueConstraint(
                fields=["brand", "since", "wave"],
                condition=models.Q(brand__isnull=False),
                name="one_pause_of_brand",
            ),
        ]
