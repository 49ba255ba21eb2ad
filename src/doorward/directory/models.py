"""How many people of each customer have a second factor: kept, so that 100,000 customers are not counted at a look."""

from __future__ import annotations

import uuid
from typing import ClassVar, Final

from django.db import models

from doorward.customers.models import Customer

# Whose sum it is: that of all customers together, with the provider's own people.
EVERYBODY: Final = uuid.UUID(int=0)
SHOWN: Final = ("bare", "app", "passkey", "one_device", "not_seen")


class Numbers(models.Model):
    """People in numbers, but those who were removed; of a closed customer, none.

    `bare`: without a second factor that works. `app` and `passkey` are by the better kind. `one_device`: no other one,
    and no recovery codes. `not_seen`: has not signed in for long, on the day on which it was counted last.
    """

    people = models.PositiveIntegerField()
    bare = models.PositiveIntegerField()
    app = models.PositiveIntegerField()
    passkey = models.PositiveIntegerField()
    one_device = models.PositiveIntegerField()
    not_seen = models.PositiveIntegerField()

    class Meta:
        abstract = True


class Adoption(Numbers):
    """One customer's people in numbers. `brand_id`: in whose sum they are; none has the provider's own."""

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="adoption"
    )
    brand_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [
            # The customers with most to do stand first: of all, and of each brand.
            *(
                models.Index(fields=[f"-{name}", "customer"], name=f"adoption_by_{name}")
                for name in SHOWN
            ),
            *(
                models.Index(fields=["brand_id", f"-{name}", "customer"], name=f"brand_by_{name}")
                for name in SHOWN
            ),
        ]


class AdoptionSum(Numbers):
    """A brand's customers together, or `EVERYBODY`: what a customer's numbers change by is added where they change."""

    of = models.UUIDField(primary_key=True)


class AdoptionDay(Numbers):
    """A sum at the end of a day, or by now. On a day that has one of these, all sums have theirs."""

    of = models.UUIDField()
    day = models.DateField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["of", "day"], name="one_sum_a_day"),
        ]


class AdoptionPoint(models.Model):
    """A customer's numbers at the end of a day on which they changed: until the next one they were the same.

    What they changed by stands beside them, so that those of some customers are added up without the days before.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, db_index=False)
    day = models.DateField(db_index=True)
    people = models.PositiveIntegerField()
    covered = models.PositiveIntegerField()
    people_by = models.IntegerField()
    covered_by = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "day"], name="one_point_a_day"),
        ]


class AdoptionDue(models.Model):
    """A customer that is to be counted again, since something happened there. Counted: deleted."""

    customer_id = models.UUIDField(primary_key=True)
