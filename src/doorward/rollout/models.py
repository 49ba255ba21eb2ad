"""Rehearsals that are kept for whoever made them, until they are applied or an hour has gone by."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from doorward.accounts.models import Administrator
from doorward.customers.models import Brand, Customer


class KeptRehearsal(models.Model):
    """What was rehearsed, for whom, and what came of it: people by their ids, as `keeping.py` packs them.

    `wanted`: the version that would be saved; none: `ticked` has whom two factors would be required of. Of a brand
    there are numbers alone, by customer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    made_by = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE)
    brand = models.ForeignKey(Brand, null=True, on_delete=models.CASCADE)
    is_minimum = models.BooleanField(default=False)
    wanted = models.JSONField(null=True)
    ticked = models.BinaryField()
    people = models.BinaryField()
    by_customer = models.JSONField()
    sessions = models.PositiveIntegerField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["made_by", "-made_at"], name="rehearsals_of")]


class Reminder(models.Model):
    """That somebody was reminded of the day from which two factors are required of them: once of each kind."""

    administrator = models.ForeignKey(Administrator, on_delete=models.CASCADE, related_name="+")
    day = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=10)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["administrator", "day", "kind"], name="one_reminder"),
        ]


class ReminderSweep(models.Model):
    """How far the worker is on its way through everybody who may be reminded: one row.

    `customer_id`: whose people come next, after the person `after`; None: the way is over, until the next hour.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    begun_at = models.DateTimeField()
    customer_id = models.UUIDField(null=True)
    after = models.UUIDField(null=True)
