"""How many people of each customer have a second factor: kept, so that 100,000 customers are not counted at a look."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from doorward.customers.models import Customer


class Adoption(models.Model):
    """One customer's people in numbers, but those who were removed; of a closed customer, none.

    `bare`: without a second factor that works. `app` and `passkey` are by the better kind. `one_device`: no other one,
    and no recovery codes. `not_seen`: has not signed in for long, on the day on which it was counted last.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="adoption"
    )
    people = models.PositiveIntegerField()
    bare = models.PositiveIntegerField()
    app = models.PositiveIntegerField()
    passkey = models.PositiveIntegerField()
    one_device = models.PositiveIntegerField()
    not_seen = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [
            # The customers with most to do stand first.
            models.Index(fields=[f"-{name}", "customer"], name=f"adoption_by_{name}")
            for name in ("bare", "app", "passkey", "one_device", "not_seen")
        ]


class AdoptionPoint(models.Model):
    """A customer's numbers at the end of a day on which they changed: until the next one they were the same."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, db_index=False)
    day = models.DateField(db_index=True)
    people = models.PositiveIntegerField()
    covered = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "day"], name="one_point_a_day"),
        ]


class AdoptionDay(models.Model):
    """The numbers of all customers together at the end of a day, or by now: summed up whenever one was counted."""

    day = models.DateField(primary_key=True)
    people = models.PositiveIntegerField()
    bare = models.PositiveIntegerField()
    app = models.PositiveIntegerField()
    passkey = models.PositiveIntegerField()
    one_device = models.PositiveIntegerField()
    not_seen = models.PositiveIntegerField()


class AdoptionDue(models.Model):
    """A customer that is to be counted again, since something happened there. Counted: deleted."""

    customer_id = models.UUIDField(primary_key=True)
